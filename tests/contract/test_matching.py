# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which entries a batch of transits matches: found by a real PostgreSQL alone, and in memory; one suite over both."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from anpr.domain.plate import look_alike_key
from anpr.domain.read import Candidate
from anpr.domain.transit import Transit
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.ingest.matcher import Matcher
from anpr.runtime.clock import SystemClock
from anpr.store.database.connection import Connection, Database
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.entries import NewEntry, add_entry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import Hit, matching_entries
from scripts.lab.transits import START, make_transit

Matching = Callable[[Sequence[Transit]], list[Hit]]
"""Matches transits with what is committed."""


@pytest.fixture(params=["database", "memory"])
def matching(request: pytest.FixtureRequest, database: Database) -> Matching:
    """Each implementation; memory is loaded first, and must not ask the other."""

    def by_database(transits: Sequence[Transit]) -> list[Hit]:
        with database.transaction() as conn:
            return matching_entries(conn, transits)

    def by_memory(transits: Sequence[Transit]) -> list[Hit]:
        matcher = Matcher(database, SystemClock())
        matcher.refresh()
        with database.transaction() as conn:
            hits = matcher.hits(conn, transits)
        assert not matcher.behind.is_set()
        return hits

    return by_database if request.param == "database" else by_memory


def _list(conn: Connection, match: MatchMode, watchlist_id: str = "a1", min_probability: float = 0.5) -> None:
    watchlist = Watchlist(
        id=watchlist_id,
        name="A list",
        priority=Priority.HIGH,
        purpose="a test",
        legal_basis="none",
        match=match,
        min_probability=min_probability,
    )
    save_watchlist(conn, watchlist)


def _seen(number: int, plate: str, *others: tuple[str, float]) -> Transit:
    candidates = (Candidate(text=plate, probability=0.6), *(Candidate(text=t, probability=p) for t, p in others))
    return make_transit(number, plate=plate, confidence=0.6, candidates=candidates)


@pytest.mark.parametrize(
    ("match", "transit", "probability"),
    [
        (MatchMode.EXACT, _seen(1, "AB123CD"), 0.6),
        (MatchMode.EXACT, _seen(1, "A8123CD", ("AB123CD", 0.4)), None),
        (MatchMode.EXACT, _seen(1, "A8I23CO"), None),
        (MatchMode.LOOK_ALIKE, _seen(1, "AB123CD"), 0.6),
        (MatchMode.LOOK_ALIKE, _seen(1, "A8I23CO"), 0.0),
        (MatchMode.LOOK_ALIKE, _seen(1, "A8123CD", ("AB123CD", 0.4)), 0.4),
        (MatchMode.LOOK_ALIKE, _seen(1, "AB124CD", ("AB123CD", 0.4)), None),
        (MatchMode.PROBABILITY, _seen(1, "AB123CD"), 0.6),
        (MatchMode.PROBABILITY, _seen(1, "AB124CD", ("AB123CD", 0.35)), 0.35),
        (MatchMode.PROBABILITY, _seen(1, "AB124CD", ("AB123CD", 0.25)), None),
        (MatchMode.PROBABILITY, _seen(1, "A8I23CO"), None),
        (MatchMode.EXACT, _seen(1, "ZZ999ZZ"), None),
    ],
)
def test_each_list_matches_by_its_own_rule(
    database: Database, matching: Matching, match: MatchMode, transit: Transit, probability: float | None
) -> None:
    with database.transaction() as conn:
        _list(conn, match, min_probability=0.3)
        entry = add_entry(conn, "a1", NewEntry(plate="AB123CD", reason="report 12"))
    hits = matching([_seen(9, "XX000XX"), transit])
    if probability is None:
        assert hits == []
        return
    [(found, match_found, watchlist)] = hits
    assert (found, match_found.entry, watchlist.id, watchlist.match) == (transit, entry, "a1", match)
    assert match_found.probability == pytest.approx(probability)


PARTIAL = [
    (MatchMode.EXACT, "AB12*", _seen(1, "AB123CD"), 0.6),
    (MatchMode.EXACT, "AB12*", _seen(1, "AB12"), 0.6),
    (MatchMode.EXACT, "AB12*", _seen(1, "AB132CD"), None),
    (MatchMode.EXACT, "AB12*", _seen(1, "A8123CD", ("AB123CD", 0.4)), None),
    (MatchMode.EXACT, "*23CD", _seen(1, "AB123CD"), 0.6),
    (MatchMode.EXACT, "*23CD", _seen(1, "AB123CDE"), None),
    (MatchMode.EXACT, "AB?23CD", _seen(1, "AB723CD"), 0.6),
    (MatchMode.EXACT, "AB?23CD", _seen(1, "AB23CD"), None),
    (MatchMode.EXACT, "AB*CD", _seen(1, "AB123CD"), 0.6),
    (MatchMode.EXACT, "AB*BCD", _seen(1, "ABCD"), None),
    (MatchMode.EXACT, "*B123*", _seen(1, "AB123CD"), 0.6),
    (MatchMode.EXACT, "*B1?3C*", _seen(1, "AB193CD"), 0.6),
    (MatchMode.LOOK_ALIKE, "AB12*", _seen(1, "A8I23CD"), 0.0),
    (MatchMode.LOOK_ALIKE, "AB12*", _seen(1, "A8I23CD", ("AB123CD", 0.3), ("AB12SCD", 0.1)), 0.4),
    (MatchMode.LOOK_ALIKE, "AB12*", _seen(1, "AC123CD"), None),
    (MatchMode.PROBABILITY, "AB12*", _seen(1, "AB123CD", ("AB128CD", 0.2), ("ZZ999ZZ", 0.1)), 0.8),
    (MatchMode.PROBABILITY, "AB12*", _seen(1, "AB193CD", ("AB123CD", 0.2), ("AB128CD", 0.15)), 0.35),
    (MatchMode.PROBABILITY, "AB12*", _seen(1, "AB193CD", ("AB123CD", 0.2)), None),
]
"""A list's rule, a partial plate on it, a transit, and the probability of the match; None: it is none."""


@pytest.mark.parametrize(("match", "pattern", "transit", "probability"), PARTIAL)
def test_a_partial_plate_is_compared_by_its_lists_rule(
    database: Database,
    matching: Matching,
    match: MatchMode,
    pattern: str,
    transit: Transit,
    probability: float | None,
) -> None:
    with database.transaction() as conn:
        _list(conn, match, min_probability=0.3)
        entry = add_entry(conn, "a1", NewEntry(plate=pattern, reason="a witness"))
    hits = matching([_seen(9, "XX000XX"), transit])
    if probability is None:
        assert hits == []
        return
    [(found, match_found, _)] = hits
    assert (found, match_found.entry) == (transit, entry)
    assert match_found.probability == pytest.approx(probability)


def test_thousands_of_partial_plates_do_not_make_the_database_slow(database: Database) -> None:
    """They are told apart by their first or last signs; comparing 5,000 with 2,500 texts one by one takes seconds."""
    letters = "ABCDEFGHJK"
    heads = [f"{a}{b}{n:02d}" for a in letters for b in letters for n in range(25)]
    with database.transaction() as conn:
        _list(conn, MatchMode.PROBABILITY)
        entries = [NewEntry(plate=f"{head}*", reason="x") for head in heads]
        import_entries(conn, "a1", entries + [NewEntry(plate=f"*{head}", reason="x") for head in heads])
        conn.execute("ANALYZE entries")
        values = {"numbers": [0], "texts": ["AB123CD"], "plates": ["AB123CD"], "keys": ["A8123C0"], "captured": [START]}
        plan = conn.execute(b"EXPLAIN (COSTS OFF) " + load_queries("matching")["likely"], values).fetchall()
        hits = matching_entries(conn, [_seen(n, f"AB{n % 100:02d}9ZZ") for n in range(500)])
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert all(f'"{part}"(p' in text for part in ("left", "right")), text
    assert len(hits) == 125


def test_an_entry_counts_only_while_it_is_valid_at_capture(database: Database, matching: Matching) -> None:
    from_third_second = NewEntry(
        plate="AB123CD", reason="x", valid_from=START + timedelta(seconds=3), valid_to=START + timedelta(seconds=6)
    )
    with database.transaction() as conn:
        _list(conn, MatchMode.LOOK_ALIKE)
        add_entry(conn, "a1", from_third_second)
    hits = matching([_seen(n, "AB123CD") for n in range(9)])
    assert [t.captured_at for t, _, _ in hits] == [START + timedelta(seconds=n) for n in (3, 4, 5)]


def test_a_transit_may_match_several_lists_and_an_entry_several_transits(
    database: Database, matching: Matching
) -> None:
    with database.transaction() as conn:
        for watchlist_id, match in (("a1", MatchMode.EXACT), ("c", MatchMode.LOOK_ALIKE)):
            _list(conn, match, watchlist_id)
            add_entry(conn, watchlist_id, NewEntry(plate="AB123CD", reason="x"))
    hits = matching([_seen(1, "AB123CD"), _seen(2, "AB123CD"), _seen(3, "A8123CD")])
    assert [(t.id, w.id) for t, _, w in hits] == [
        (make_transit(1).id, "a1"),
        (make_transit(1).id, "c"),
        (make_transit(2).id, "a1"),
        (make_transit(2).id, "c"),
        (make_transit(3).id, "c"),
    ]
    assert matching([]) == []


def test_a_batch_against_a_hundred_thousand_entries_goes_by_index(database: Database, matching: Matching) -> None:
    letters = "ABCDEFGHJK"
    plates = [f"{a}{b}{n:03d}{c}A" for a in letters for b in letters for c in letters for n in range(100)]
    with database.transaction() as conn:
        for watchlist_id, match in (("a1", MatchMode.EXACT), ("c", MatchMode.LOOK_ALIKE)):
            _list(conn, match, watchlist_id)
            half = plates[:50_000] if match is MatchMode.EXACT else plates[50_000:]
            import_entries(conn, watchlist_id, [NewEntry(plate=plate, reason="x") for plate in half])
        conn.execute("ANALYZE entries")
    transits = [_seen(n, plates[n * 400], (f"{plates[n * 400][:-1]}B", 0.3)) for n in range(250)]
    hits = matching(transits)
    assert {t.id for t, _, _ in hits} == {t.id for t in transits}
    assert all(m.entry.plate == t.plate or w.match is MatchMode.LOOK_ALIKE for t, m, w in hits)
    with database.transaction() as conn:
        values = {
            "numbers": list(range(500)),
            "texts": [t.plate for t in transits] * 2,
            "plates": [t.plate for t in transits],
            "keys": [look_alike_key(t.plate) for t in transits],
            "captured": [t.captured_at for t in transits],
        }
        plan = conn.execute(b"EXPLAIN (COSTS OFF) " + load_queries("matching")["likely"], values).fetchall()
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "entries_plate" in text
    assert "entries_look_alike" in text
    assert "Seq Scan on entries" not in text
