# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases about time: both clock changes, midnight, and a moment that has not come."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.drawing import Drawing

_LOOK_BACK = 400
"""Days: each zone that changes its clocks does so both ways within them."""


def time_cases(drawing: Drawing) -> Iterator[ConformanceCase]:
    """One case for each kind of moment."""
    yield _twice(drawing)
    yield _missing(drawing)
    yield _midnight(drawing)
    yield _future(drawing)


def last_change(zone: ZoneInfo, before: datetime, *, back: bool) -> datetime | None:
    """The newest moment (UTC) at which the zone's clocks were put back, or forward; None within 400 days."""
    later = before.astimezone(UTC)
    for _ in range(_LOOK_BACK):
        earlier = later - timedelta(days=1)
        if (_offset(zone, later) < _offset(zone, earlier)) == back and _offset(zone, later) != _offset(zone, earlier):
            return _between(zone, earlier, later)
        later = earlier
    return None


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _between(zone: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    first = _offset(zone, earlier)
    while later - earlier > timedelta(seconds=1):
        middle = earlier + (later - earlier) / 2
        earlier, later = (middle, later) if _offset(zone, middle) == first else (earlier, middle)
    return later.replace(microsecond=0)


def _twice(drawing: Drawing) -> ConformanceCase:
    id, title = "clock-back", "Cambio dell'ora: l'ora che c'è due volte"
    change = last_change(drawing.profile.zone, drawing.now, back=True)
    if change is None:
        return drawing.without(id, title, f"Nel fuso {drawing.profile.time_zone} l'ora non cambia.")
    half = timedelta(minutes=30)
    records = [drawing.record(change - half), drawing.record(change + half)]
    told = " e ".join(f"{each.transit.captured_at.astimezone(drawing.profile.zone):%H:%M %z}" for each in records)
    question = "I due transiti, a un'ora di distanza, hanno tempi che si distinguono?"
    day = change.astimezone(drawing.profile.zone)
    return drawing.case(id, title, f"Transiti del {day:%d/%m/%Y} alle {told}.", records, question=question)


def _missing(drawing: Drawing) -> ConformanceCase:
    id, title = "clock-forward", "Cambio dell'ora: l'ora che manca"
    change = last_change(drawing.profile.zone, drawing.now, back=False)
    if change is None:
        return drawing.without(id, title, f"Nel fuso {drawing.profile.time_zone} l'ora non cambia.")
    second = timedelta(seconds=1)
    records = [drawing.record(change - second), drawing.record(change + second)]
    day = change.astimezone(drawing.profile.zone)
    return drawing.case(
        id, title, f"Transiti del {day:%d/%m/%Y}, un secondo prima e uno dopo il cambio delle lancette.", records
    )


def _midnight(drawing: Drawing) -> ConformanceCase:
    records = [drawing.record(drawing.at(time())), drawing.record(drawing.at(time(23, 59, 59, 999_000)))]
    return drawing.case(
        "midnight",
        "Mezzanotte",
        "Transiti nel primo e nell'ultimo millesimo di secondo di un giorno: 00:00:00,000 e 23:59:59,999.",
        records,
        question="I due transiti sono dello stesso giorno, anche per l'ufficio?",
    )


def _future(drawing: Drawing) -> ConformanceCase:
    return drawing.case(
        "future",
        "Record che il centro deve respingere: un'ora che non è ancora venuta",
        "Un transito con la data di domani fra un anno.",
        [drawing.record(drawing.at(time(12), days_ago=-366))],
        expected=ExpectedOutcome.REJECTED_THERE,
        question="Il centro ha respinto il transito, e ha detto perché?",
    )
