# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export from the audit's page: a table and a signed selection, each with a reason and a row of its own."""

import csv
import io

import pytest

from anpr.console.pages.audit.export import MOST
from anpr.domain.access import Role
from anpr.domain.errors import InputError, StoreError
from anpr.store.audit import AuditAction, AuditEvent, append, last_head
from anpr.store.audit_chain.cut import Cut, signed_detail
from anpr.store.audit_chain.whole import whole_export
from anpr.store.audit_export import site_key, verify_export
from anpr.store.audit_heads import ensure_key
from anpr.store.audit_selection import verify_selection
from tests.support.fixtures_console import WANTED, Site
from tests.support.fixtures_organisations import guest

REASON = "controllo annuale"


def note(site: Site, actor: str, reason: str) -> None:
    event = AuditEvent(
        actor=actor,
        action=AuditAction.SEARCH,
        at=site.clock.now(),
        reason=reason,
        case_reference="=1+1",
        detail={"pattern": WANTED, "found": 3},
    )
    with site.database.transaction() as conn:
        append(conn, event)


def test_the_rows_of_a_filter_go_out_as_a_table_that_calculates_nothing(site: Site) -> None:
    note(site, "anna", "indagine 12")
    note(site, "piero", "indagine 13")
    client = site.client(Role.AUDITOR)
    view = (
        site.post(client, "/audit/filter", "/audit", plate=WANTED, person="anna", reason=REASON)
        .headers["location"]
        .split("=")[1]
    )
    answer = site.post(client, "/audit/export", "/audit", view=view, reason=REASON, form="csv")
    assert answer.status_code == 200, answer.text
    assert WANTED not in answer.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert header[2:5] == ["Chi", "Operazione", "Motivo"]
    assert [row[2:] for row in rows] == [["anna", "ricerca", "indagine 12", "'=1+1", f"trovati 3 · targa {WANTED}"]]
    event = site.audit()[0].event
    assert (event.action, event.actor, event.reason) == (AuditAction.EXPORTED, "auditor", REASON)
    assert event.detail == {"filter": {"plate": WANTED, "person": "anna"}, "audit_rows": 1, "form": "csv"}


def test_a_signed_selection_verifies_with_the_sites_key(site: Site) -> None:
    note(site, "anna", "indagine 12")
    key = ensure_key(site.settings.audit_key_path)
    client = site.client(Role.DPO)
    answer = site.post(client, "/audit/export", "/audit", person="anna", reason=REASON, form="signed")
    found = verify_selection(answer.content.splitlines(keepends=True))
    assert (found.rows, found.filter) == (1, {"person": "anna"})
    assert found.public_key == site_key(key).public


def test_without_the_sites_key_nothing_is_signed_and_no_key_is_made(site: Site) -> None:
    answer = site.post(site.client(Role.DPO), "/audit/export", "/audit", reason=REASON, form="signed")
    assert answer.status_code == 503
    assert "La chiave del registro non si può leggere" in answer.text
    assert not site.settings.audit_key_path.exists()
    assert all(row.event.action is not AuditAction.EXPORTED for row in site.audit())


def test_without_a_reason_or_with_somebody_elses_filter_nothing_goes_out(site: Site) -> None:
    view = site.post(site.client(Role.AUDITOR), "/audit/filter", "/audit", plate=WANTED, reason=REASON).headers[
        "location"
    ]
    client = site.client(Role.DPO)
    number = view.split("=")[1]
    assert site.post(client, "/audit/export", "/audit", view=number, reason=REASON, form="csv").status_code == 404
    answer = site.post(client, "/audit/export", "/audit", reason="x", form="csv")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert site.post(client, "/audit/export", "/audit", reason=REASON, form="pdf").status_code in {400, 422}
    assert all(row.event.action is not AuditAction.EXPORTED for row in site.audit())


def test_who_may_not_read_the_audit_exports_none(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert site.post(client, "/audit/export", "/", reason=REASON, form="csv").status_code == 403


def test_an_export_holds_the_rows_of_the_own_organisation_alone(shared: Site) -> None:
    note(shared, "anna", "indagine nostra")
    theirs = guest(shared, Role.AUDITOR)
    ensure_key(shared.settings.audit_key_path)
    for form in ("csv", "signed"):
        answer = shared.post(theirs, "/audit/export", "/audit", reason=REASON, form=form)
        assert answer.status_code == 200
        assert b"auditor@empoli" in answer.content, "their login"
        assert b"indagine nostra" not in answer.content
    assert (
        b"indagine nostra"
        in shared.post(shared.client(Role.AUDITOR), "/audit/export", "/audit", reason=REASON, form="csv").content
    )


def test_more_rows_than_are_held_in_memory_are_refused(site: Site) -> None:
    client = site.client(Role.AUDITOR)
    with site.database.transaction() as conn:
        rows = conn.execute(
            "INSERT INTO audit SELECT n, now(), 'many', 'login', NULL, NULL, '{}', ''::bytea, ''::bytea"
            " FROM generate_series(1000, 999 + %s) AS n", (MOST,)
        )  # fmt: skip
        assert rows.rowcount == MOST
    answer = site.post(client, "/audit/export", "/audit", person="many", reason=REASON, form="csv")
    assert answer.status_code == 200
    assert answer.content.count(b"\r\n") == MOST + 1
    note(site, "many", "una in più")
    answer = site.post(client, "/audit/export", "/audit", person="many", reason=REASON, form="csv")
    assert answer.status_code == 400
    assert "più di 20000" in answer.text


def test_the_whole_chain_is_streamed_and_verifies(site: Site) -> None:
    key = site_key(ensure_key(site.settings.audit_key_path))
    for number in range(1200):
        note(site, "anna", f"indagine {number}")
    client = site.client(Role.AUDITOR)
    assert site.post(client, "/audit/export-whole", "/audit", reason="x").status_code == 400
    answer = site.post(client, "/audit/export-whole", "/audit", reason=REASON)
    assert answer.status_code == 200, answer.text
    export = verify_export(answer.content.splitlines(keepends=True))
    newest = site.audit()[0]
    assert (export.first, export.last, export.head) == (1, newest.seq, newest.hash)
    assert export.public_key == key.public
    assert (newest.event.reason, newest.event.detail) == (REASON, {"form": "whole", "audit_from_row": 1})


def test_rows_that_are_pruned_meanwhile_leave_a_file_without_a_signature(site: Site) -> None:
    secret = ensure_key(site.settings.audit_key_path)
    for _ in range(1100):
        note(site, "anna", "indagine")
    event = AuditEvent(actor="x", action=AuditAction.EXPORTED, at=site.clock.now())
    whole = whole_export(site.database, event, secret)
    taken = [next(whole.lines) for _ in range(10)]
    with site.database.transaction() as conn:
        head = last_head(conn)
        assert head is not None
        cut = Cut(
            first=1, last=1050, head=head.head, oldest_at=event.at, newest_at=event.at, export=None, export_sha256=None
        )
        append(
            conn,
            AuditEvent(
                actor="x", action=AuditAction.AUDIT_PRUNED, at=event.at, detail=signed_detail(cut, site_key(secret))
            ),
        )
    with pytest.raises(StoreError, match="were pruned while they were exported"):
        taken.extend(whole.lines)
    with pytest.raises(InputError, match="its last line, with the signature, is missing"):
        verify_export(taken)


def test_the_whole_chain_is_for_who_runs_the_system(shared: Site) -> None:
    ensure_key(shared.settings.audit_key_path)
    client = guest(shared, Role.AUDITOR)
    assert "/audit/export-whole" not in client.get("/audit").text
    assert shared.post(client, "/audit/export-whole", "/audit", reason=REASON).status_code == 403
