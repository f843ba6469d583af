# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the console says of the audit's pruned rows and mailed heads."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from anpr.contract.signature import SigningKey
from anpr.domain.access import Role
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_chain.pruning import PruneOrder, prune
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from tests.support.fixtures_console import Site


def note(site: Site, action: AuditAction, days_ago: float, **detail: object) -> None:
    at = site.clock.now() - timedelta(days=days_ago)
    with site.database.transaction() as conn:
        append(conn, AuditEvent(actor="maintenance", action=action, at=at, detail=detail))


def prune_old(site: Site, key: SigningKey, archive: Path | None) -> None:
    for _ in range(3):
        note(site, AuditAction.LOGIN, 300)
    clock = SystemClock()
    prune(site.database, clock.now() - timedelta(days=200), PruneOrder(actor="retention", archive=archive), key, clock)


def test_the_page_tells_what_was_pruned_and_verifies_the_rest(site: Site, tmp_path: Path) -> None:
    key = site_key(ensure_key(site.settings.audit_key_path))
    prune_old(site, key, tmp_path / "archive")
    client = site.client(Role.AUDITOR)
    shown = client.get("/audit").text
    assert "Le righe fino alla 3 sono state cancellate a termine" in shown
    assert "audit-000000001-000000003.jsonl" in shown
    assert "righe più vecchie del registro cancellate" in shown
    answer = site.post(client, "/audit/verify", "/audit")
    assert "Registro integro" in client.get(answer.headers["location"]).text


def test_a_proof_by_another_key_is_no_proof_where_the_sites_key_is_known(site: Site) -> None:
    ensure_key(site.settings.audit_key_path)
    prune_old(site, SigningKey.generate(), None)
    client = site.client(Role.AUDITOR)
    assert "Non ne è conservata copia" in client.get("/audit").text
    answer = site.post(client, "/audit/verify", "/audit")
    assert "Registro alterato alla riga 4" in client.get(answer.headers["location"]).text


def test_the_status_page_says_that_heads_are_not_mailed(site: Site) -> None:
    client = site.client(Role.ADMINISTRATOR)
    assert "impronta del registro" not in client.get("/status").text
    note(site, AuditAction.AUDIT_HEAD_MAILED, 3, head="1:x", mailed_to=["dpo@example.it"])
    assert "impronta del registro" not in client.get("/status").text, "no address is set here"
    audit = site.settings.audit.model_copy(update={"mail_to": ("dpo@example.it",)})
    site.app.state.console = replace(site.console, settings=site.settings.model_copy(update={"audit": audit}))
    assert "l'invio è in ritardo" in client.get("/status").text.replace("&#39;", "'")
    note(site, AuditAction.AUDIT_MAIL_FAILED, 1, failure="mail server x: closed")
    assert "mail server x: non ha accettato la posta (risposta: closed)" in client.get("/status/now").text
    note(site, AuditAction.AUDIT_HEAD_MAILED, 0, head="2:x", mailed_to=["dpo@example.it"])
    assert "impronta del registro" not in client.get("/status").text
