# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the audit holds for programs, told to people."""

import ast
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.pages.search.form import SearchFields
from anpr.console.rendering.translations import Catalogue, load_catalogues
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmOutcome
from anpr.domain.organisation import OrganisationKind
from anpr.domain.subject_request import RequestKind
from anpr.domain.watchlist import ListKind
from anpr.evidence.stamp import StampFault
from anpr.store.audit import AuditAction
from anpr.store.watchlists.proposals import ProposalKind, ProposalState

VALUES: dict[str, Iterable[str]] = {
    "kind": [*ProposalKind, *ListKind, *OrganisationKind, *RequestKind],
    "outcome": [*AlarmOutcome, *(state for state in ProposalState if state is not ProposalState.OPEN)],
    "permission": Permission,
    "unstamped": StampFault,
    "way": ["link", "member", "medium", "workstation", "session"],
    "refused": {*SearchFields.model_fields} - {"look_alike", "without"},
    "form": ["csv", "geojson", "html", "json", "page", "pdf", "sheet", "signed", "whole", "zip"],
}
WRITER = DetailWriter(load_catalogues()["it"], ZoneInfo("Europe/Rome"), {"nord": "Porta Nord"})


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ({"counts": {"bytes": 5, "sent": 2, "stored": 3}}, "conteggi archiviati 3, inviati 2, byte 5"),
        ({"transits": {"2026-11-27": 4}}, "transiti 27/11/2026: 4"),
        ({"days": {"transits": ["2026-11-01", "2026-11-02"]}}, "giorni cancellati transiti 01/11/2026, 02/11/2026"),
        ({"since": "2026-11-27T01:25:00+00:00"}, "dal 27/11/2026 02:25:00"),
        ({"until": "2026-11-27T23:00:00+00:00"}, "al 27/11/2026 compreso"),
        ({"valid_to": "2026-11-27T12:30:00+01:00"}, "valida fino al 27/11/2026 12:30"),
        ({"until": "2026-10-25T01:30:00+00:00"}, "al 25/10/2026 02:30 +01:00"),
        ({"found": 51, "limit": 51}, "trovati almeno 51"),
        ({"found": 50, "limit": 51}, "trovati 50"),
        ({"limit": 200}, "al massimo 200"),
        ({"gates": ["nord", "altro"]}, "varchi Porta Nord, altro"),
        ({"page": "latest"}, "pagina ultimi transiti"),
        ({"role": "list-manager", "changed": "role"}, "ruolo gestore delle liste · modificato ruolo"),
        ({"previous": "operator", "role": "dpo"}, "prima operatore · ruolo responsabile della protezione dei dati"),
        ({"previous": "none", "ends_on": "2026-12-31"}, "prima senza fine · ultimo giorno 31/12/2026"),
        ({"outcome": "failed", "error": "disk"}, "esito non riuscita · errore disk"),
        ({"outcome": "stopped", "look_alike": True}, "esito Veicolo fermato · targhe simili sì"),
        ({"gate": None, "gates": [], "before": None}, ""),
        ({"person": "9999-12-31T23:59:59-23:59"}, "persona 9999-12-31T23:59:59-23:59"),
        ({"person": "0001-01-01T00:00:00+14:00"}, "persona 0001-01-01T00:00:00+14:00"),
        ({"made": "handover", "about": 3}, "documento Consegna del turno · numero 3"),
        ({"made": "completeness", "about": "empoli"}, "documento Rapporto di completezza · ente empoli"),
        (
            {"way": "medium", "unstamped": "late"},
            "modo su supporto · senza marca temporale perché nessuna risposta in tempo",
        ),
        ({"kind": "import", "outcome": "stale"}, "tipo importare un file · esito superata"),
        ({"of_a_newer_version": "x 1"}, "of a newer version x 1"),
    ],
)
def test_details_are_words_figures_and_local_times(detail: dict[str, object], told: str) -> None:
    assert " · ".join(f"{item.name} {item.value}" for item in WRITER.items(detail)) == told


@pytest.mark.parametrize("catalogue", load_catalogues().values(), ids=load_catalogues())
def test_every_action_has_words_of_its_own(catalogue: Catalogue) -> None:
    words = [catalogue.messages[f"action.{action}"] for action in AuditAction]
    assert all(each.strip() for each in words)
    assert len(set(words)) == len(AuditAction), "told apart"


def test_what_changed_of_a_gate_is_told_in_words() -> None:
    (item,) = WRITER.items({"changed": ["legal_basis_until", "reader", "cam-1.url"]})
    assert item.value == "fine della base giuridica, lettore, cam-1: indirizzo"


def test_every_value_of_a_choice_is_told_in_italian(repository: Path) -> None:
    """Of pages: those that stand as a literal where a view is recorded."""
    values = {**VALUES, "page": pages_in(repository / "anpr" / "console")}
    told = {(name, str(value)): WRITER.items({name: str(value)})[0].value for name in values for value in values[name]}
    assert [key for key, words in told.items() if key[1] == words] == []


def pages_in(folder: Path) -> set[str]:
    """Names of pages whose views are recorded."""
    return {
        str(call.args[2].value)
        for path in folder.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"record_view", "record_shown"}
        and len(call.args) > 2
        and isinstance(call.args[2], ast.Constant)
    }
