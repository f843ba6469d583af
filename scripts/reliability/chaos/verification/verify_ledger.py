# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verifies the forwarding ledger against the stored transits and the files and answers of the receiving centre."""

from collections import Counter
from uuid import UUID

from scripts.reliability.chaos.environment import DESTINATION
from scripts.reliability.chaos.facts import Facts, Verification, described
from scripts.reliability.chaos.receiving_centre import ACCEPTED, final_answer, is_deferred
from scripts.reliability.chaos.traffic import OLD_FROM, has_lane, number_of

_SETTLED = {"accepted", "rejected", "expired"}


def verify_ledger(facts: Facts) -> Verification:
    """Check that each stored transit has one row in the expected state and was sent as often as expected."""
    stored = {row[0] for row in facts.conn.execute("SELECT id FROM transits")}
    rows = facts.conn.execute(
        "SELECT transit_id, state, sent_at IS NOT NULL FROM deliveries WHERE destination = %s", (DESTINATION,)
    ).fetchall()
    state = {transit: state for transit, state, _ in rows}
    due = {transit: _state_due(facts, transit) for transit in stored}
    files = facts.environment.receiver.files
    wrong = [(t, due[t], state[t]) for t in stored & state.keys() if state[t] != due[t]]
    went = [
        (t, _files_due(facts, t), files.get(t, [])) for t in stored if len(files.get(t, [])) != _files_due(facts, t)
    ]
    counts = Counter(state.values())
    return Verification(
        figures={
            "ledger": len(rows),
            "ledger_sent": sum(sent for _, _, sent in rows),
            "ledger_files": len({name for names in files.values() for name in names}),
            **{f"ledger_{name}": counts[name] for name in sorted(_SETTLED)},
            "ledger_wrong": len(wrong) + len(went) + len(stored ^ state.keys()),
        },
        problems=described(
            ("transits stored that are not in the ledger", sorted(stored - state.keys())),
            ("deliveries of transits that are not stored", sorted(state.keys() - stored)),
            ("deliveries in another state than they must be", wrong),
            ("transits sent more or less often than they must be", went),
            ("transits sent that are not stored", sorted(files.keys() - stored)),
        )
        + ([f"{len(rows) - len(state)} deliveries are there twice"] if len(rows) != len(state) else []),
    )


def unsettled_count(facts: Facts) -> int:
    """Number of stored transits without a final state in the ledger."""
    (stored,) = facts.conn.execute("SELECT count(*) FROM transits").fetchone() or (0,)
    (settled,) = facts.conn.execute(
        "SELECT count(*) FROM deliveries WHERE destination = %s AND state = ANY (%s)", (DESTINATION, sorted(_SETTLED))
    ).fetchone() or (0,)
    return int(stored) - int(settled)


def _state_due(facts: Facts, transit: UUID) -> str:
    if _is_old(facts, transit):
        return "expired"
    return "accepted" if _is_sendable(facts, transit) and final_answer(transit) == ACCEPTED else "rejected"


def _files_due(facts: Facts, transit: UUID) -> int:
    if _is_old(facts, transit) or not _is_sendable(facts, transit):
        return 0
    return 2 if is_deferred(transit) else 1


def _is_old(facts: Facts, transit: UUID) -> bool:
    return transit not in facts.of_reader and number_of(transit) >= OLD_FROM


def _is_sendable(facts: Facts, transit: UUID) -> bool:
    return transit in facts.of_reader or has_lane(number_of(transit))
