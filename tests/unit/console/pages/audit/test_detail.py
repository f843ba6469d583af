# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the audit holds for programs, told to people."""

from zoneinfo import ZoneInfo

import pytest

from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.rendering.translations import load_catalogues

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
        ({"of_a_newer_version": "x 1"}, "of a newer version x 1"),
    ],
)
def test_details_are_words_figures_and_local_times(detail: dict[str, object], told: str) -> None:
    assert " · ".join(f"{item.name} {item.value}" for item in WRITER.items(detail)) == told
