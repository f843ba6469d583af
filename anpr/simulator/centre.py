# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated centre as its servers, its page and whoever started it see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anpr.simulator.keys import SimulatedKeys
from anpr.simulator.lists import HandedOutLists
from anpr.simulator.office import ReceivingOffice
from anpr.simulator.places import LOOPBACK


@dataclass(frozen=True, kw_only=True)
class SimulatedCentre:
    """The centre while it runs."""

    office: ReceivingOffice
    lists: HandedOutLists
    keys: SimulatedKeys
    ports: Mapping[str, int]
    targets: Mapping[str, Mapping[str, Any]]
    settings: str
    """Ready settings, as YAML."""
    missing: tuple[str, ...]
    """Protocols that are not served, because their package is not installed."""

    @property
    def page(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.ports['page']}/"
