# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's texts are on Italian pages."""

from anpr.settings import load_settings, resource_path
from anpr.up.demo import WATCHLIST


def test_what_the_demo_writes_on_the_pages_is_italian_and_says_that_it_is_a_demo() -> None:
    gates = load_settings(resource_path("config", "demo.yaml")).settings.gates
    texts = [WATCHLIST.purpose, WATCHLIST.legal_basis]
    for gate in gates:
        texts += [gate.purpose, gate.legal_basis]
    assert len(texts) == 6
    assert [text for text in texts if not text.startswith("DIMOSTRAZIONE: ")] == []
