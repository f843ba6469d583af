# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of notifications: an administrator keeps rules and recipients, tries one, and sends again what was lost."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from anpr.console import pages
from anpr.domain.access import Role
from anpr.domain.notification import ChannelKind, NotificationState, SendFault
from anpr.domain.watchlist import Priority
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.gate_areas import list_areas
from anpr.store.gates import gate_names
from anpr.store.notifications.channel_health import ChannelHealth, tell_channel
from anpr.store.notifications.ledger import begin_attempt, list_notifications, settle
from anpr.store.notifications.recipients import list_recipients
from anpr.store.notifications.rules import list_rules
from anpr.store.patrol.people import patrol_person, set_area
from scripts.lab.transits import START
from tests.support.fixtures_console import Site, token_in

MAIL = {"name": "Sala operativa", "channel": "email", "address": " sala@comune.example ", "enabled": "1"}
RULE = {
    "name": "Rubati di notte", "enabled": "1", "kinds": ["stolen"], "priorities": ["high"], "days": ["5", "6"],
    "starts": "22:00", "ends": "06:00", "sound": "insistent", "to0": ["1"], "after1": "60", "to1": ["1"],
}  # fmt: skip
Post = Callable[..., httpx.Response]


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.client(Role.ADMINISTRATOR)


@pytest.fixture
def post(admin: httpx.Client) -> Post:
    """Sends a form as the page would."""

    def sent(path: str, **fields: object) -> httpx.Response:
        page = admin.get("/notifications/recipients/new")
        return admin.post(path, data={"form_token": token_in(page.text), **fields})

    return sent


def test_a_recipient_is_made_changed_and_deleted(site: Site, admin: httpx.Client, post: Post) -> None:
    assert post("/notifications/recipients/new", **MAIL).headers["location"] == "/notifications?done=recipient-saved"
    page = admin.get("/notifications").text
    assert "Sala operativa" in page
    assert "sala@comune.example" in page
    again = post("/notifications/recipients/new", **MAIL)
    assert again.status_code == 400
    assert "già" in again.text
    assert post("/notifications/recipients/1", **{**MAIL, "name": "Centrale", "enabled": ""}).status_code == 303
    with site.database.transaction() as conn:
        (one,) = list_recipients(conn).values()
    assert (one.name, one.enabled, one.address) == ("Centrale", False, "sala@comune.example")
    assert "Centrale" in admin.get("/notifications/recipients/1/delete").text
    assert post("/notifications/recipients/1/delete").status_code == 303
    assert admin.get("/notifications/recipients/1").status_code == 404
    with site.database.transaction() as conn:
        told = [row.event.action for row in list_audit(conn) if "recipient" in str(row.event.action)][::-1]
    assert told == ["recipient-saved", "recipient-saved", "recipient-deleted"]


def test_a_recipient_may_be_told_of_proposals_but_no_phone(site: Site, admin: httpx.Client, post: Post) -> None:
    assert post("/notifications/recipients/new", **{**MAIL, "proposals": "1"}).status_code == 303
    assert "proposte" in admin.get("/notifications").text
    assert 'name="proposals" value="1" checked' in admin.get("/notifications/recipients/1").text
    with site.database.transaction() as conn:
        (one,) = list_recipients(conn).values()
    assert one.proposals
    phone = {"name": "x", "channel": "web-push", "address": "*", "enabled": "1", "proposals": "1"}
    refused = post("/notifications/recipients/new", **phone)
    assert refused.status_code == 400
    assert 'id="proposals-fault"' in refused.text


@pytest.mark.parametrize(
    ("channel", "wrong", "right", "kept"),
    [
        ("email", "Sala <sala@comune.example>", "sala@comune.example", "sala@comune.example"),
        ("webhook", "http://comune.example/h", "https://comune.example/h?k=1", "https://comune.example/h?k=1"),
        ("webhook", "https://u:p@comune.example/", "https://comune.example:8443/", "https://comune.example:8443/"),
        ("mqtt", "anpr/#", "anpr/allarmi", "anpr/allarmi"),
        ("sms", "055 1234567", "+39 055 123-4567", "+390551234567"),
    ],
)
def test_an_address_has_its_channels_form(
    site: Site, post: Post, channel: str, wrong: str, right: str, kept: str
) -> None:
    refused = post("/notifications/recipients/new", name="x", channel=channel, address=wrong)
    assert refused.status_code == 400
    assert 'id="address-fault"' in refused.text
    assert post("/notifications/recipients/new", name="x", channel=channel, address=right).status_code == 303
    with site.database.transaction() as conn:
        assert [one.address for one in list_recipients(conn).values()] == [kept]


def test_a_rule_is_made_changed_and_deleted(site: Site, admin: httpx.Client, post: Post) -> None:
    post("/notifications/recipients/new", **MAIL)
    assert post("/notifications/rules/new", **RULE).headers["location"] == "/notifications?done=rule-saved"
    with site.database.transaction() as conn:
        (stored,) = list_rules(conn)
    rule = stored.rule
    assert (rule.name, rule.plate_reason) == ("Rubati di notte", None)
    assert (sorted(rule.kinds), sorted(rule.priorities)) == (["stolen"], [Priority.HIGH])
    assert (sorted(rule.hours.days), f"{rule.hours.start:%H}", f"{rule.hours.end:%H}") == ([5, 6], "22", "06")
    assert [(step.after_s, sorted(step.recipients)) for step in rule.steps] == [(0, [1]), (60, [1])]
    page = admin.get("/notifications/rules/1").text
    assert re.search(r'value="stolen" checked', page)
    assert 'value="22:00"' in page
    assert post("/notifications/rules/1", **{**RULE, "enabled": "", "version": "1"}).status_code == 303
    stale = post("/notifications/rules/1", **{**RULE, "version": "1"})
    assert stale.status_code == 400
    assert "nel frattempo" in stale.text
    assert post("/notifications/rules/1/delete").status_code == 303
    with site.database.transaction() as conn:
        assert list_rules(conn) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": " "}, "name"),
        ({"days": []}, "days"),
        ({"starts": "25:00"}, "starts"),
        ({"after1": "5"}, "after1"),
        ({"after1": "60", "after2": "60", "to2": ["1"]}, "after2"),
        ({"to0": ["99"]}, "to0"),
        ({"gates": ["nowhere"]}, "gates"),
        ({"with_plate": "1", "plate_reason": "..."}, "plate_reason"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_at_its_field(post: Post, change: dict[str, object], named: str) -> None:
    post("/notifications/recipients/new", **MAIL)
    answer = post("/notifications/rules/new", **{**RULE, **change})
    assert answer.status_code == 400
    assert f'id="{named}-fault"' in answer.text
    assert 'value="Rubati di notte"' in answer.text or named == "name", "what was typed is still there"


def test_the_plate_in_messages_needs_a_reason_which_is_audited(site: Site, post: Post) -> None:
    post("/notifications/recipients/new", **MAIL)
    reason = "pattuglie senza dati mobili"
    assert post("/notifications/rules/new", **{**RULE, "with_plate": "1", "plate_reason": reason}).status_code == 303
    with site.database.transaction() as conn:
        (event,) = [r.event for r in list_audit(conn) if r.event.action == AuditAction.NOTIFICATION_RULE_SAVED]
    assert (event.reason, event.detail["with_plate"]) == (reason, True)


def test_a_version_that_is_no_number_is_an_old_one(post: Post) -> None:
    post("/notifications/rules/new", **{**RULE, "to0": [], "to1": []})
    for version in ("²", "9" * 10, "-1", "x"):
        answer = post("/notifications/rules/1", **{**RULE, "to0": [], "to1": [], "version": version})
        assert answer.status_code == 400, version
        assert "nel frattempo" in answer.text


def test_a_rule_keeps_the_limits_that_are_gone_until_somebody_takes_them_out(
    site: Site, admin: httpx.Client, post: Post
) -> None:
    limited = {**RULE, "to0": [], "after1": "", "to1": [], "watchlists": ["a1"], "gates": ["porta-nord"]}
    post("/notifications/rules/new", **limited)
    with site.database.transaction() as conn:
        conn.execute("UPDATE notification_rules SET watchlists = '{gone-list}', gates = '{gone-gate}'")
    page = admin.get("/notifications/rules/1").text
    assert re.search(r'name="watchlists" value="gone-list" checked', page), "else saving the form would lift the limit"
    assert re.search(r'name="gates" value="gone-gate" checked', page)
    kept = {**limited, "watchlists": ["gone-list"], "gates": ["gone-gate"], "version": "1"}
    assert post("/notifications/rules/1", **kept).status_code == 303
    with site.database.transaction() as conn:
        (stored,) = list_rules(conn)
    assert (set(stored.rule.watchlists), set(stored.rule.gates)) == ({"gone-list"}, {"gone-gate"})
    assert post("/notifications/rules/1", **{**kept, "gates": ["never-known"], "version": "2"}).status_code == 400
    assert post("/notifications/rules/new", **kept).status_code == 400, "a new rule has no such limit to keep"


def test_the_phone_of_nobody_is_a_warning(admin: httpx.Client, post: Post) -> None:
    phone = {**MAIL, "channel": "web-push", "address": "nessuno-cosi"}
    post("/notifications/recipients/new", **phone)
    post("/notifications/rules/new", **{**RULE, "after1": "", "to1": []})
    assert "questa regola non raggiunge nessuno" in admin.get("/notifications").text
    post("/notifications/recipients/1", **{**phone, "address": "patrol"})
    assert "questa regola non raggiunge nessuno" not in admin.get("/notifications").text


def test_a_rule_that_reaches_nobody_is_a_warning(site: Site, admin: httpx.Client, post: Post) -> None:
    post("/notifications/rules/new", **{**RULE, "to0": [], "after1": "", "to1": []})
    assert "questa regola non raggiunge nessuno" in admin.get("/notifications").text
    post("/notifications/recipients/new", **MAIL)
    post("/notifications/rules/1", **{**RULE, "after1": "", "to1": [], "version": "1"})
    assert "non raggiunge nessuno" not in admin.get("/notifications").text
    with site.database.transaction() as conn:
        tell_channel(conn, ChannelHealth(channel=ChannelKind.EMAIL, is_set_up=False, told_at=site.clock.now()))
    page = admin.get("/notifications").text
    assert "questa regola non raggiunge nessuno" in page
    assert "non ha configurato" in page


def test_a_notifier_that_is_silent_and_a_channel_that_fails_are_told(site: Site, admin: httpx.Client) -> None:
    assert "non è mai partito" in admin.get("/notifications").text
    at = site.clock.now()
    with site.database.transaction() as conn:
        health = ChannelHealth(
            channel=ChannelKind.EMAIL, is_set_up=True, told_at=at, failing_since=at, reason="Connection refused"
        )
        tell_channel(conn, health)
    page = admin.get("/notifications").text
    assert "non è mai partito" not in page
    assert "non riesce a spedire" in page
    assert "Connection refused" in page
    site.clock.ahead += timedelta(seconds=121)
    assert "non dà segni" in admin.get("/notifications").text


def test_a_try_is_a_row_of_the_ledger_and_of_the_audit(site: Site, admin: httpx.Client, post: Post) -> None:
    post("/notifications/recipients/new", **MAIL)
    answer = post("/notifications/recipients/1/test")
    assert answer.headers["location"] == "/notifications/ledger?recipient=1&done=tested"
    page = admin.get(answer.headers["location"]).text
    assert "prova chiesta da administrator" in page
    with site.database.transaction() as conn:
        (row,) = list_notifications(conn)
        assert (row.alarm_id, row.asked_by, row.state) == (None, "administrator", NotificationState.QUEUED)
        assert AuditAction.NOTIFICATION_TESTED in {r.event.action for r in list_audit(conn)}
    last = answer
    for _ in range(30):
        last = post("/notifications/recipients/1/test")
    assert last.headers["location"].endswith("too-many-tests")
    with site.database.transaction() as conn:
        assert len(list_notifications(conn)) == 20


def test_what_was_given_up_is_shown_and_sent_again(site: Site, admin: httpx.Client, post: Post) -> None:
    post("/notifications/recipients/new", **MAIL)
    for _ in range(2):
        post("/notifications/recipients/1/test")
    with site.database.transaction() as conn:
        for number in (1, 2):
            begin_attempt(conn, number, START)
            settle(conn, number, 1, NotificationState.DEAD, START, error="550 no such user")
    page = admin.get("/notifications/ledger?state=dead").text
    assert "550 no such user" in page
    assert "2 non consegnati" in page
    assert post("/notifications/ledger/1/retry").status_code == 303
    assert post("/notifications/ledger/1/retry").status_code == 404
    assert post("/notifications/ledger/retry").status_code == 303
    with site.database.transaction() as conn:
        assert {row.state for row in list_notifications(conn)} == {NotificationState.FAILED}
    assert "Nessun avviso" in admin.get("/notifications/ledger?state=dead&channel=sms&recipient=x").text


def test_the_ledger_goes_by_pages(site: Site, admin: httpx.Client, post: Post) -> None:
    post("/notifications/recipients/new", **MAIL)
    with site.database.transaction() as conn:
        conn.execute(
            "INSERT INTO notifications (recipient_id, recipient_name, channel, priority, queued_at, waits_since,"
            " next_attempt_at, asked_by) SELECT 1, 'x', 'email', 'high', %(at)s, %(at)s, %(at)s, 'anna'"
            " FROM generate_series(1, 60)",
            {"at": START},
        )
    page = admin.get("/notifications/ledger").text
    assert page.count("prova chiesta da") == 50
    older = re.search(r'href="(/notifications/ledger\?below=11)"', page)
    assert older
    assert admin.get(older[1]).text.count("prova chiesta da") == 10


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_may_see_it(site: Site, role: Role) -> None:
    assert site.client(role).get("/notifications").status_code == 403


def test_another_organisation_sees_none_of_it(site: Site, post: Post, console_database: Database) -> None:
    post("/notifications/recipients/new", **MAIL)
    post("/notifications/rules/new", **RULE)
    post("/notifications/recipients/1/test")
    with site.database.transaction() as conn:
        conn.execute("INSERT INTO organisations (id, name, kind) VALUES ('empoli', 'Empoli', 'municipality')")
    seen = {}
    for organisation in ("manager", "empoli"):
        limited = console_database.limited_to(Scope(organisation_id=organisation, day=START.date()))
        with limited.transaction() as conn:
            seen[organisation] = (len(list_recipients(conn)), len(list_rules(conn)), len(list_notifications(conn)))
    assert seen == {"manager": (1, 1, 1), "empoli": (0, 0, 0)}


@pytest.fixture
def gates(site: Site) -> list[str]:
    """Gates of the site, by id."""
    with site.database.transaction() as conn:
        return sorted(gate_names(conn))


def test_an_area_is_made_named_by_a_rule_and_a_patrol_and_deleted_only_when_nothing_names_it(
    site: Site, admin: httpx.Client, post: Post, gates: list[str]
) -> None:
    saved = post("/notifications/areas/new", name=" Accessi  nord ", gates=gates[:2])
    assert saved.headers["location"] == "/notifications?done=area-saved"
    with site.database.transaction() as conn:
        (area,) = list_areas(conn).values()
    assert (area.name, list(area.gates)) == ("Accessi nord", gates[:2])
    assert "Accessi nord" in admin.get("/notifications").text
    assert post("/notifications/areas/new", name="Accessi nord", gates=gates[:1]).status_code == 400
    post("/notifications/recipients/new", **MAIL)
    assert post("/notifications/rules/new", **RULE, areas=["1"]).status_code == 303
    with site.database.transaction() as conn:
        (stored,) = list_rules(conn)
        set_area(conn, "patrol", [], Author(name="administrator", at=START), [1])
        assert list(patrol_person(conn, "patrol").area) == gates[:2]
    assert (stored.rule.areas, sorted(stored.rule.area_gates)) == (frozenset({1}), gates[:2])
    assert 'name="areas" value="1" checked' in admin.get("/notifications/rules/1").text
    refused = post("/notifications/areas/1/delete")
    assert refused.status_code == 400
    assert "Rubati di notte" in refused.text
    assert post("/notifications/areas/1", name="Nord", gates=gates[:1]).status_code == 303
    with site.database.transaction() as conn:
        assert list(patrol_person(conn, "patrol").area) == gates[:1], "the area's gates hold for who names it"
    post("/notifications/rules/1/delete")
    assert post("/users/patrol/area", gates=[], areas=[]).status_code == 303
    assert post("/notifications/areas/1/delete").headers["location"] == "/notifications?done=area-deleted"
    kinds = {row.event.action for row in site.audit()}
    assert {AuditAction.AREA_SAVED, AuditAction.AREA_DELETED} <= kinds


@pytest.mark.parametrize(("change", "said"), [({"name": " "}, "Manca il nome"), ({"gates": []}, "almeno un varco"),
                                              ({"gates": ["nowhere"]}, "ricarica la pagina")])  # fmt: skip
def test_what_is_wrong_with_an_area_is_told(post: Post, gates: list[str], change: dict[str, object], said: str) -> None:
    answer = post("/notifications/areas/new", **{"name": "Nord", "gates": gates[:1], **change})
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize("fault", list(SendFault))
@pytest.mark.parametrize("language", ["it", "en"])
def test_each_reason_of_a_channel_has_words(language: str, fault: SendFault) -> None:
    folder = Path(pages.__file__).parent / "notifications"
    words = yaml.safe_load((folder / f"messages.{language}.yaml").read_text(encoding="utf-8"))
    assert words["notifications"][f"fault_{fault}"]


def test_the_ledger_says_in_italian_why_a_message_was_not_sent(site: Site, admin: httpx.Client, post: Post) -> None:
    post("/notifications/recipients/new", **MAIL)
    post("/notifications/recipients/1/test")
    with site.database.transaction() as conn:
        begin_attempt(conn, 1, START)
        settle(conn, 1, 1, NotificationState.DEAD, START, error="550 no such user", fault=SendFault.REFUSED)
    page = admin.get("/notifications/ledger").text
    assert "Il server lo ha rifiutato." in page
    assert re.search(r"<details.*Dettaglio tecnico.*550 no such user.*</details>", page)
