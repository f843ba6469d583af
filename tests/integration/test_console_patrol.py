# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a patrol's phone may ask and answer: its own area's alarms, each answer once, and nothing else."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anpr.domain.access import Role
from anpr.domain.alarm import Alarm, AlarmOutcome, AlarmState
from anpr.domain.notification import ChannelKind, NotificationState
from anpr.domain.url_base64 import to_url_base64
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.alarms.views import StoredAlarms
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.gates import list_gates, save_gates
from anpr.store.notifications.ledger import list_notifications
from anpr.store.notifications.recipients import list_recipients
from anpr.store.patrol.answers import ANSWERS_KEPT, forget_answers
from anpr.store.patrol.devices import devices_of, tell_key
from anpr.store.patrol.people import forget_positions, patrol_person, set_area
from anpr.store.users.accounts import create_user, get_user
from tests.support.fixtures_console import PASSWORD, WANTED, Site

ENDPOINT = "https://push.example.net/send/abc"
SITE_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


@pytest.fixture
def alarm(site: Site) -> Alarm:
    return site.alarm_of(site.pass_vehicle(WANTED))


@pytest.fixture
def phone(site: Site) -> httpx.Client:
    return site.client(Role.PATROL)


@pytest.fixture
def locating(site: Site) -> Site:
    """The site allows positions."""
    patrol = site.settings.patrol.model_copy(update={"position": True})
    object.__setattr__(site.console, "settings", site.settings.model_copy(update={"patrol": patrol}))
    with site.database.transaction() as conn:
        save_gates(conn, [replace(gate, latitude=43.88, longitude=11.10) for gate in list_gates(conn)])
    return site


def send(_site: Site, client: httpx.Client, alarm: int, action: str, **fields: object) -> httpx.Response:
    """An answer as the page's script sends it."""
    values = {"key": str(uuid4()), "alarm": alarm, "action": action, **fields}
    token = client.get("/session", headers={"HX-Request": "true"}).json()["form_token"]
    return client.post("/patrol/answers", data={"form_token": token, **values}, headers={"HX-Request": "true"})


def events_of(site: Site, number: int) -> list[tuple[str | None, str, str | None]]:
    view = StoredAlarms(site.database.transaction).one(number)
    assert view is not None
    return [(each.author, str(each.kind), each.text) for each in view.events]


def second_patrol(site: Site) -> httpx.Client:
    with site.database.transaction() as conn:
        first = get_user(conn, "patrol")
        assert first
        create_user(conn, replace(first, name="patrol2"))
    client = site.stranger()
    assert site.log_in(client, "patrol2", PASSWORD).status_code == 303
    return client


def set_area_of(site: Site, *gates: str, user: str = "patrol") -> None:
    with site.database.transaction() as conn:
        set_area(conn, user, gates, Author(name="administrator", at=site.clock.now()))


def test_an_answer_with_the_same_key_is_done_once_and_told_again(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    key = str(uuid4())
    first = send(site, phone, alarm.id, "note", key=key, text="una volta")
    again = send(site, phone, alarm.id, "note", key=key, text="una volta")
    assert first.json() == again.json() == {"result": "done", "text": "Inviato."}
    assert events_of(site, alarm.id) == [("patrol", "noted", "una volta")]


def test_the_same_answer_ten_times_at_once_is_done_once(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: send(site, phone, alarm.id, "note", key=key, text="una volta"), range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert events_of(site, alarm.id) == [("patrol", "noted", "una volta")]


def test_a_key_is_of_one_answer_and_of_one_person(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    key = str(uuid4())
    assert send(site, phone, alarm.id, "on-scene", key=key).status_code == 200
    assert send(site, phone, alarm.id, "stopped", key=key).status_code == 409
    assert send(site, second_patrol(site), alarm.id, "on-scene", key=key).status_code == 409
    assert events_of(site, alarm.id) == [("patrol", "on-scene", None)]


def test_a_patrol_is_on_it_whoever_has_it_and_stops_it(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    with site.database.transaction() as conn:
        acknowledge(conn, alarm.id, "operator", site.clock.now())
    assert send(site, phone, alarm.id, "on-scene").json()["result"] == "done"
    now = site.alarm_of_id(alarm.id)
    assert (now.state, now.acknowledged_by) == (AlarmState.IN_PROGRESS, "operator")
    pressed = site.clock.now() - timedelta(minutes=7)
    send(site, phone, alarm.id, "stopped", text="due persone", made_at=pressed.isoformat())
    now = site.alarm_of_id(alarm.id)
    assert (now.outcome, now.closed_by, now.note) == (AlarmOutcome.STOPPED, "patrol", "due persone")
    row = site.audit()[0].event
    assert (row.action, row.actor) == (AuditAction.ALARM_CLOSED, "patrol")
    assert row.detail["pressed_at"] == pressed.isoformat(timespec="seconds"), "it waited on the phone"
    assert "due persone" not in str(row.detail)


def test_what_comes_after_the_end_changes_nothing_and_its_words_are_kept(
    site: Site, phone: httpx.Client, alarm: Alarm
) -> None:
    with site.database.transaction() as conn:
        close_alarm(conn, alarm.id, "operator", site.clock.now(), AlarmOutcome.FALSE_READ)
    told = send(site, phone, alarm.id, "stopped", text="fermato").json()
    assert told["result"] == "closed"
    assert "operator" in told["text"]
    assert site.alarm_of_id(alarm.id).outcome is AlarmOutcome.FALSE_READ
    assert events_of(site, alarm.id)[-1] == ("patrol", "noted", "fermato")
    bare = send(site, phone, alarm.id, "not-found").json()
    assert (bare["result"], "nota" in bare["text"]) == ("closed", False)


def test_an_answer_from_before_the_vehicle_was_seen_again_closes_nothing(
    site: Site, phone: httpx.Client, alarm: Alarm
) -> None:
    """It waited for the link: what the patrol did not find at ten was seen elsewhere at half past."""
    shown = re.search(r'data-seen="([0-9]+)"', phone.get("/patrol").text)
    assert shown
    site.clock.ahead += timedelta(minutes=30)
    assert site.alarm_of(site.pass_vehicle(WANTED)).id == alarm.id
    told = send(site, phone, alarm.id, "not-found", seen=shown[1], text="via Roma, nulla").json()
    assert (told["result"], "visto di nuovo" in told["text"]) == ("seen-again", True)
    assert site.alarm_of_id(alarm.id).state is AlarmState.RAISED
    assert events_of(site, alarm.id)[-1] == ("patrol", "noted", "via Roma, nulla")
    anew = re.search(r'data-seen="([0-9]+)"', phone.get("/patrol").text)
    assert anew
    assert send(site, phone, alarm.id, "not-found", seen=anew[1]).json()["result"] == "done"


def test_stopped_twice_by_the_same_patrol_is_no_conflict(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    assert send(site, phone, alarm.id, "stopped").json()["result"] == "done"
    assert send(site, phone, alarm.id, "stopped").json()["result"] == "done"
    assert [kind for _, kind, _ in events_of(site, alarm.id)] == ["closed"]


def test_an_alarm_outside_the_area_does_not_exist_for_a_patrol(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    set_area_of(site, "ponte")
    assert WANTED not in phone.get("/patrol").text
    assert WANTED not in phone.get(f"/patrol/cards?known={alarm.id}").text
    assert phone.get(f"/patrol/alarms/{alarm.id}/images/context").status_code == 404
    assert send(site, phone, alarm.id, "stopped").json()["result"] == "gone"
    assert site.alarm_of_id(alarm.id).state is AlarmState.RAISED
    assert events_of(site, alarm.id) == []
    set_area_of(site)
    assert WANTED in phone.get("/patrol").text
    assert phone.get(f"/patrol/alarms/{alarm.id}/images/context").headers["content-type"] == "image/jpeg"


def test_alarms_of_the_past_and_unknown_ones_are_none_of_a_patrols(site: Site, phone: httpx.Client) -> None:
    past = site.pass_before_it_is_listed("ZZ999ZZ")
    assert "ZZ999ZZ" not in phone.get(f"/patrol/cards?known={past.id}").text
    assert send(site, phone, past.id, "on-scene").json()["result"] == "gone"
    assert send(site, phone, 4711, "on-scene").json()["result"] == "gone"


@pytest.mark.parametrize(
    "fields",
    [{"action": "note"}, {"action": "note", "text": " \n"}, {"action": "eat"}, {"key": "x"}, {"alarm": "-1"},
     {"text": "a" * 501}, {"text": "\x00"}],
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_changes_nothing(
    site: Site, phone: httpx.Client, alarm: Alarm, fields: dict[str, str]
) -> None:
    values: dict[str, object] = {"action": "on-scene", "alarm": alarm.id, **fields}
    answer = send(site, phone, values.pop("alarm"), values.pop("action"), **values)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert events_of(site, alarm.id) == []


def test_what_is_shown_is_in_the_audit(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    phone.get("/patrol")
    phone.get(f"/patrol/alarms/{alarm.id}/images/plate")
    rows = [row.event for row in site.audit() if row.event.actor == "patrol"]
    assert [row.action for row in rows][:2] == [AuditAction.IMAGE_VIEWED, AuditAction.TRANSIT_VIEWED]
    assert rows[0].detail["alarm"] == alarm.id
    assert len(rows[1].detail["transits"]) == 1


def test_a_session_is_a_shift_and_nothing_extends_it(site: Site, phone: httpx.Client) -> None:
    state = phone.get("/session", headers={"HX-Request": "true"}).json()
    assert state["extensible"] is False
    assert 7.9 * 3600 < state["remaining_s"] <= 8 * 3600
    site.clock.ahead += timedelta(hours=7, minutes=59)
    assert phone.get("/patrol").status_code == 200, "idling in a pocket does not end it"
    site.post(phone, "/session/extend", "/patrol")
    site.clock.ahead += timedelta(minutes=2)
    assert phone.get("/patrol").status_code == 303


def test_without_scripts_a_button_is_a_form(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    page = phone.get("/patrol").text
    key = re.search(rf'name="key" value="([^"]+)">\s*<input type="hidden" name="alarm" value="{alarm.id}"', page)
    assert key
    answer = site.post(phone, "/patrol/answers", "/patrol", key=key[1], alarm=alarm.id, action="on-scene")
    assert (answer.status_code, answer.headers["location"]) == (303, "/patrol")
    assert site.alarm_of_id(alarm.id).state is AlarmState.IN_PROGRESS


def test_keys_are_forgotten_after_a_week(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    send(site, phone, alarm.id, "on-scene")
    with site.database.transaction() as conn:
        assert forget_answers(conn, site.clock.now() - ANSWERS_KEPT) == 0
        assert forget_answers(conn, site.clock.now() + timedelta(seconds=1)) == 1


# --- the application ----------------------------------------------------------------------------------------------


def test_the_application_is_limited_to_its_page(phone: httpx.Client) -> None:
    manifest = phone.get("/patrol/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/patrol", "/patrol", "standalone")
    for icon in manifest["icons"]:
        assert phone.get(icon["src"]).headers["content-type"] == "image/png"
    worker = phone.get("/patrol/worker.js")
    assert worker.headers["service-worker-allowed"] == "/patrol"
    assert "Veicolo rubato" in worker.text
    page = phone.get("/patrol")
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
    assert "geolocation=()" in page.headers["permissions-policy"]
    offline = phone.get("/patrol/offline").text
    assert "patrol" not in re.sub(r'/static/patrol[^"]*|href="/patrol"|class="[^"]*"', "", offline), "it names nobody"
    assert "form_token" not in offline


# --- phones -------------------------------------------------------------------------------------------------------


def register(site: Site, client: httpx.Client, **changes: object) -> httpx.Response:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = to_url_base64(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    values = {"endpoint": ENDPOINT, "device_key": key, "auth": to_url_base64(bytes(16)), "under": SITE_KEY, **changes}
    return site.post(client, "/patrol/devices", "/patrol", **values)


@pytest.fixture
def pushing(site: Site) -> Site:
    """A notifier that pushes has run."""
    with site.database.transaction() as conn:
        tell_key(conn, SITE_KEY, site.clock.now())
    return site


def devices(site: Site, user: str = "patrol") -> list[str]:
    with site.database.transaction() as conn:
        return [each.service for each in devices_of(conn, user)]


def test_a_phone_is_registered_tried_and_ends_with_the_session(pushing: Site, phone: httpx.Client) -> None:
    assert register(pushing, phone).status_code == 204
    assert devices(pushing) == ["push.example.net"]
    shown = phone.get("/patrol").text
    assert "push.example.net" in shown
    assert ENDPOINT not in shown, "the address is a secret"
    assert pushing.post(phone, "/patrol/devices/try", "/patrol").status_code == 303
    with pushing.database.transaction() as conn:
        (row,) = list_notifications(conn)
        (recipient,) = list_recipients(conn).values()
    assert (recipient.channel, recipient.address) == (ChannelKind.WEB_PUSH, "patrol")
    assert (row.recipient_id, row.alarm_id, row.asked_by) == (recipient.id, None, "patrol")
    pushing.post(phone, "/logout", "/patrol")
    assert devices(pushing) == []


def test_one_that_is_to_stay_outlives_the_session_and_its_user_removes_it(pushing: Site, phone: httpx.Client) -> None:
    register(pushing, phone, stays="true")
    pushing.post(phone, "/logout", "/patrol")
    assert devices(pushing) == ["push.example.net"]
    again = pushing.client(Role.PATROL)
    with pushing.database.transaction() as conn:
        (device,) = devices_of(conn, "patrol")
    assert pushing.post(second_patrol(pushing), f"/patrol/devices/{device.id}/remove", "/patrol").status_code == 404
    assert pushing.post(again, f"/patrol/devices/{device.id}/remove", "/patrol").status_code == 303
    assert devices(pushing) == []


def test_a_phone_that_somebody_else_registers_is_theirs(pushing: Site, phone: httpx.Client) -> None:
    register(pushing, phone)
    register(pushing, second_patrol(pushing))
    assert (devices(pushing), devices(pushing, "patrol2")) == ([], ["push.example.net"])


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"endpoint": "https://10.0.0.1/x"}, 400), ({"endpoint": "http://push.example.net/x"}, 400),
     ({"endpoint": "https://postgres:5432/"}, 400), ({"device_key": "AAAA"}, 400), ({"auth": "AAAA"}, 400),
     ({"under": "another"}, 409)],
)  # fmt: skip
def test_what_is_no_phone_is_not_registered(
    pushing: Site, phone: httpx.Client, changes: dict[str, str], status: int
) -> None:
    assert register(pushing, phone, **changes).status_code == status
    assert devices(pushing) == []


def test_an_administrator_sees_phones_without_secrets_removes_them_and_sets_the_area(
    pushing: Site, phone: httpx.Client
) -> None:
    register(pushing, phone)
    admin = pushing.client(Role.ADMINISTRATOR)
    shown = admin.get("/users/patrol").text
    assert "push.example.net" in shown
    assert ENDPOINT not in shown
    with pushing.database.transaction() as conn:
        (device,) = devices_of(conn, "patrol")
    removed = pushing.post(admin, f"/users/patrol/devices/{device.id}/remove", "/users/patrol")
    assert removed.headers["location"] == "/users/patrol?done=device"
    assert pushing.post(admin, f"/users/patrol/devices/{device.id}/remove", "/users/patrol").status_code == 400
    assert pushing.post(admin, "/users/patrol/area", "/users/patrol", gates=["ponte"]).status_code == 303
    assert pushing.post(admin, "/users/patrol/area", "/users/patrol", gates=["nowhere"]).status_code == 400
    with pushing.database.transaction() as conn:
        assert patrol_person(conn, "patrol").area == ("ponte",)
    assert [row.event.action for row in pushing.audit()][:2] == [
        AuditAction.USER_CHANGED, AuditAction.PUSH_DEVICE_REMOVED,
    ]  # fmt: skip


# --- the operations room ------------------------------------------------------------------------------------------


def test_the_nearest_patrol_is_first_and_the_alarm_is_sent_to_it(
    pushing: Site, locating: Site, phone: httpx.Client, alarm: Alarm
) -> None:
    assert pushing is locating
    site = locating
    far, operator = second_patrol(site), site.client(Role.OPERATOR)
    for client, latitude in ((phone, 43.89), (far, 43.98)):
        assert site.post(client, "/patrol/position/share", "/patrol", on="true").status_code == 303
        told = site.post(client, "/patrol/position", "/patrol", latitude=latitude, longitude=11.10, accuracy=9)
        assert told.status_code == 204
    register(site, phone)
    set_area_of(site, "ponte")
    shown = operator.get(f"/alarms/{alarm.id}/patrols").text
    assert shown.index('"Invia a patrol"') < shown.index('"Invia a patrol2"')
    assert "a 1,1 km" in shown
    assert "a 11,1 km" in shown
    assert shown.count("senza avvisi sul telefono") == 1
    answer = site.post(operator, f"/alarms/{alarm.id}/send", "/alarms", to="patrol", back="/alarms")
    assert answer.status_code == 303
    now = site.alarm_of_id(alarm.id)
    assert (now.state, now.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "operator"), "who sends has it"
    assert events_of(site, alarm.id)[-1] == ("operator", "dispatched", "patrol")
    with site.database.transaction() as conn:
        (row,) = list_notifications(conn)
    assert (row.alarm_id, row.channel, row.asked_by) == (alarm.id, ChannelKind.WEB_PUSH, "operator")
    assert row.state is NotificationState.QUEUED
    assert "Inviato a te" in phone.get("/patrol").text, "although its area is another"
    assert send(site, phone, alarm.id, "on-scene").json()["result"] == "done"


def test_an_alarm_is_sent_to_patrols_only(site: Site, phone: httpx.Client, alarm: Alarm) -> None:
    operator = site.client(Role.OPERATOR)
    for name in ("operator", "administrator", "nobody"):
        site.post(operator, f"/alarms/{alarm.id}/send", "/alarms", to=name)
    assert events_of(site, alarm.id) == []
    assert (
        site.post(site.client(Role.INVESTIGATOR), f"/alarms/{alarm.id}/send", "/alarms", to="patrol").status_code == 403
    )
    assert site.post(phone, f"/alarms/{alarm.id}/send", "/patrol", to="patrol").status_code == 403
    assert phone.get("/alarms").status_code == phone.get("/transits").status_code == 403


def test_positions_are_off_until_the_site_and_the_person_allow_them(site: Site, phone: httpx.Client) -> None:
    values = {"latitude": 43.9, "longitude": 11.1, "accuracy": 9}
    assert site.post(phone, "/patrol/position/share", "/patrol", on="true").status_code == 404
    assert site.post(phone, "/patrol/position", "/patrol", **values).status_code == 404
    assert "Posizione" not in phone.get("/patrol").text


def test_a_position_is_the_last_one_for_minutes_and_goes_with_the_switch_and_the_logout(
    locating: Site, phone: httpx.Client, alarm: Alarm
) -> None:
    site, values = locating, {"latitude": 43.9, "longitude": 11.1, "accuracy": 9}

    def kept() -> int:
        with site.database.transaction() as conn:
            return len(conn.execute("SELECT FROM patrols WHERE located_at IS NOT NULL").fetchall())

    assert site.post(phone, "/patrol/position", "/patrol", **values).status_code == 409, "nobody switched it on"
    assert "geolocation=(self)" in phone.get("/patrol").headers["permissions-policy"]
    site.post(phone, "/patrol/position/share", "/patrol", on="true")
    assert site.post(phone, "/patrol/position", "/patrol", **{**values, "latitude": 91}).status_code == 400
    for _ in range(2):
        assert site.post(phone, "/patrol/position", "/patrol", **values).status_code == 204
    assert kept() == 1
    site.post(phone, "/patrol/position/share", "/patrol", on="false")
    assert kept() == 0
    site.post(phone, "/patrol/position/share", "/patrol", on="true")
    site.post(phone, "/patrol/position", "/patrol", **values)
    site.clock.ahead += timedelta(minutes=11)
    assert "posizione non condivisa" in site.client(Role.OPERATOR).get(f"/alarms/{alarm.id}/patrols").text
    assert kept() == 0, "who looks takes old ones away"
    site.post(phone, "/patrol/position", "/patrol", **values)
    with site.database.transaction() as conn:
        assert forget_positions(conn, site.clock.now() - timedelta(hours=1)) == 0
    site.post(phone, "/logout", "/patrol")
    assert kept() == 0
    assert all("43.9" not in str(row.event.detail) for row in site.audit())


def test_uuids_of_buttons_differ(phone: httpx.Client, alarm: Alarm) -> None:
    del alarm
    keys = [re.findall(r'name="key" value="([^"]+)"', phone.get("/patrol").text) for _ in range(2)]
    assert len({UUID(key) for page in keys for key in page}) == 2
