# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the audit holds for programs, told to people."""

from zoneinfo import ZoneInfo

import pytest

from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.rendering.translations import Catalogue, load_catalogues
from anpr.store.audit import AuditAction

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
