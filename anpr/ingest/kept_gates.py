# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is kept at each gate, and for which purpose: a value, and where the centre is the source of gates a live one,
which follows a new version of a gate within a second."""

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from anpr.domain.errors import SettingsError
from anpr.domain.gate import Gate, Keep
from anpr.domain.near_name import suggestion
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DISCARDED, preset
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.partitions import NO_PURPOSE
from anpr.store.gate_versions import current_versions
from anpr.store.gates import in_use, list_gates, purposes_of, save_gates

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptGates:
    """The rules of one moment."""

    hits_only: frozenset[str] = frozenset()
    """Gates that keep a transit only when it matches an entry."""
    purposes: Mapping[str, str] = field(default_factory=dict)
    """By gate the purpose (its id) that says how long its transits are kept; without the gates that name none."""

    purposes_in_use: tuple[str, ...] = (NO_PURPOSE,)
    """Of all gates, sorted; NO_PURPOSE stands for gates that name none."""


KeptNow = Callable[[], KeptGates]
"""The rules as they are now; a batch asks once, so that all of it goes by the same."""


class LiveKeptGates:
    """The rules in force; read by any thread."""

    def __init__(self, rules: KeptGates) -> None:
        self._rules = KeptGates()
        self.become(rules)

    def __call__(self) -> KeptGates:
        return self._rules

    def become(self, rules: KeptGates) -> None:
        """These from now on."""
        for gate_id in sorted(rules.hits_only - self._rules.hits_only):
            preset(DISCARDED, gate_id)
            log.info("gate %s keeps hits only: other transits there are counted and not stored", gate_id)
        for gate_id in sorted(self._rules.hits_only - rules.hits_only):
            log.info("gate %s keeps every transit from now on", gate_id)
        self._rules = rules


def kept_gates(
    database: Database, settings: Settings, clock: Clock
) -> tuple[LiveKeptGates, AbstractContextManager[None]]:
    """The rules, and what keeps them current. Raises SettingsError where a gate names a purpose that the settings lack:
    what may be kept there is not known."""
    if not settings.gates_from_centre:
        return LiveKeptGates(rules_of(settings.domain_gates())), nullcontext()
    _settle(database, settings)
    live = LiveKeptGates(_stored(database))
    return live, every(_LOOK_EVERY_S, lambda: live.become(_stored(database)), "what gates keep", clock)


def _stored(database: Database) -> KeptGates:
    with database.transaction() as conn:
        return rules_of(list_gates(conn))


def rules_of(gates: Collection[Gate]) -> KeptGates:
    """What these gates say."""
    return KeptGates(
        hits_only=frozenset(gate.id for gate in gates if gate.keep is Keep.HITS),
        purposes=purposes_of(gates),
        purposes_in_use=tuple(in_use(gates)),
    )


def _settle(database: Database, settings: Settings) -> None:
    """What the purposes of these settings say of each gate: they may have changed since its last version."""
    keep = settings.keep_by_purpose
    with database.transaction() as conn:
        for version in current_versions(conn).values():
            gate = version.gate
            if gate.retention_purpose is not None and gate.retention_purpose not in keep:
                hint = suggestion(gate.retention_purpose, keep)
                raise SettingsError(
                    f"retention.purposes: has no id {gate.retention_purpose!r}, which the centre's gate {gate.id}"
                    f" names{hint}"
                )
            save_gates(conn, [gate.to_domain(keep[gate.retention_purpose] if gate.retention_purpose else Keep.ALL)])
