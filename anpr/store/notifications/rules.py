# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules of notifications. Each change is in the audit, and that messages carry the plate with its written reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.notification import Hours, Rule, Sight, Sound, Step
from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import Priority
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries

MOST = 200
"""Rules of one organisation at most."""
_SQL = load_queries("notification_rules")


class RuleChangedError(InputError):
    """Somebody else changed the rule since it was read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRule:
    """A rule and its version, which whoever changes it names."""

    rule: Rule
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What an organisation may see alarms of on a day: its own gates and lists, and those that agreements open."""

    organisation_id: str
    gates: frozenset[str]
    known_gates: frozenset[str]
    watchlists: frozenset[str]
    known_watchlists: frozenset[str]

    def covers(self, sight: Sight) -> bool:
        """Whether the organisation may see this sighting: its gate and its list."""
        nobodys = self.organisation_id == MANAGER and sight.gate_id not in self.known_gates
        listed = sight.watchlist_id in self.watchlists or sight.watchlist_id not in self.known_watchlists
        return listed and (nobodys or sight.gate_id in self.gates)


def opened_to(conn: Connection, organisation: str, day: date) -> Opened:
    """What is open to it on this local day."""
    row = one_row(conn, _SQL["opened"], {"organisation": organisation, "day": day})
    return Opened(organisation_id=organisation, **{name: frozenset(ids) for name, ids in row.items()})


def list_rules(conn: Connection, organisation: str | None = None) -> list[StoredRule]:
    """Those that this transaction sees, by id; of one organisation when given."""
    return [_from_row(row) for row in conn.execute(_SQL["rules"], {"organisation": organisation, "id": None})]


def get_rule(conn: Connection, rule_id: int) -> StoredRule:
    """Raises InputError when there is none."""
    row = conn.execute(_SQL["rules"], {"organisation": None, "id": rule_id}).fetchone()
    if row is None:
        raise InputError(f"rule {rule_id}: there is none")
    return _from_row(row)


def add_rule(conn: Connection, rule: Rule, by: Author) -> int:
    """Its id; it belongs to the organisation that acts. Raises InputError when there are too many."""
    if count_of(conn, _SQL["count_rules"]) >= MOST:
        raise InputError(f"rules: there are {MOST} already, which is the most")
    number = int(one_row(conn, _SQL["add_rule"], _values(rule, by))["id"])
    _put_steps(conn, number, rule)
    _note(conn, AuditAction.NOTIFICATION_RULE_SAVED, number, _named(rule), by, rule.plate_reason)
    return number


def change_rule(conn: Connection, rule: Rule, version: int, by: Author) -> None:
    """All of it, where it still has the version that was read. Raises RuleChangedError, or InputError when it is
    gone."""
    before = get_rule(conn, rule.id)
    if conn.execute(_SQL["change_rule"], {**_values(rule, by), "version": version}).rowcount == 0:
        raise RuleChangedError(f"rule {rule.id}: somebody else has changed it in the meantime")
    conn.execute(_SQL["clear_steps"], {"id": rule.id})
    _put_steps(conn, rule.id, rule)
    now, was = _named(rule), _named(before.rule)
    detail = {**now, "previous": {name: was[name] for name in now if was[name] != now[name]}}
    _note(conn, AuditAction.NOTIFICATION_RULE_SAVED, rule.id, detail, by, rule.plate_reason)


def delete_rule(conn: Connection, rule_id: int, by: Author) -> None:
    """What it has planned is still sent. Raises InputError when there is none."""
    rule = get_rule(conn, rule_id).rule
    conn.execute(_SQL["delete_rule"], {"id": rule_id})
    _note(conn, AuditAction.NOTIFICATION_RULE_DELETED, rule_id, _named(rule), by)


def _put_steps(conn: Connection, number: int, rule: Rule) -> None:
    pairs = [(step, each) for step, of in enumerate(rule.steps) for each in sorted(of.recipients)]
    values = {"id": number, "steps": [step for step, _ in pairs], "recipients": [each for _, each in pairs]}
    conn.execute(_SQL["add_steps"], values)


def _values(rule: Rule, by: Author) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "enabled": rule.enabled,
        "kinds": sorted(rule.kinds),
        "watchlists": sorted(rule.watchlists),
        "priorities": sorted(map(str, rule.priorities)),
        "gates": sorted(rule.gates),
        "areas": sorted(rule.areas),
        "days": sorted(rule.hours.days),
        "starts": rule.hours.start,
        "ends": rule.hours.end,
        "sound": str(rule.sound),
        "after_s": [step.after_s for step in rule.steps],
        "plate_reason": rule.plate_reason,
        "at": by.at,
        "by": by.name,
    }


def _named(rule: Rule) -> dict[str, Any]:
    """As the audit's row says it; empty limits are left out."""
    detail: dict[str, Any] = {"name": rule.name, "enabled": rule.enabled, "sound": str(rule.sound)}
    for name in ("kinds", "watchlists", "priorities", "gates"):
        detail[name] = sorted(map(str, getattr(rule, name)))
    detail["areas"] = sorted(rule.areas)
    detail["weekdays"] = sorted(rule.hours.days)
    detail["hours"] = f"{rule.hours.start:%H:%M}-{rule.hours.end:%H:%M}"
    detail["steps"] = [{"after_s": step.after_s, "recipients": sorted(step.recipients)} for step in rule.steps]
    detail["with_plate"] = rule.plate_reason is not None
    return detail


def _note(
    conn: Connection,
    action: AuditAction,
    number: int,
    detail: Mapping[str, Any],
    by: Author,
    reason: str | None = None,
) -> None:
    event = AuditEvent(actor=by.name, action=action, at=by.at, reason=reason, detail={"rule": number, **detail})
    append(conn, event)


def _from_row(row: Mapping[str, Any]) -> StoredRule:
    steps: list[set[int]] = [set() for _ in row["after_s"]]
    for step, recipient in row["recipients"]:
        if step < len(steps):
            steps[step].add(recipient)
    rule = Rule(
        id=row["id"],
        organisation_id=row["organisation_id"],
        name=row["name"],
        enabled=row["enabled"],
        kinds=frozenset(row["kinds"]),
        watchlists=frozenset(row["watchlists"]),
        priorities=frozenset(map(Priority, row["priorities"])),
        gates=frozenset(row["gates"]),
        areas=frozenset(row["areas"]),
        area_gates=frozenset(row["area_gates"]),
        hours=Hours(days=frozenset(row["days"]), start=row["starts"], end=row["ends"]),
        sound=Sound(row["sound"]),
        steps=tuple(
            Step(after_s=after, recipients=frozenset(each)) for after, each in zip(row["after_s"], steps, strict=True)
        ),
        plate_reason=row["plate_reason"],
    )
    return StoredRule(rule=rule, version=row["version"])
