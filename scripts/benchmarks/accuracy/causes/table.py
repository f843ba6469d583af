# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tabulation of verdicts: by cause, width, lean and lines, and the share of sure reads that are wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from anpr.domain.interval import wilson
from scripts.benchmarks.accuracy.causes.judge import RIGHT, Verdict, confusions

SURE = 0.9


def _width(px: float) -> str:
    return "60 below" if px < 60 else ("60-99" if px < 100 else "100 and more")


def _lean(one: Verdict) -> str:
    """By the shape of the box: a plate of one line in a box that is not much wider than high leans or is oblique."""
    if one.plate.lines > 1:
        return "two lines"
    shape = one.plate.box.w / one.plate.box.h
    return "box 1.3 below" if shape < 1.3 else ("box 1.3-1.9" if shape < 1.9 else "box 1.9 and more")


GROUPS: dict[str, Callable[[Verdict], str]] = {
    "width": lambda one: _width(one.plate.box.w),
    "lean": _lean,
    "country": lambda one: one.plate.country,
}


def as_object(verdicts: Sequence[Verdict], false_reads: int, pictures: int, ms: float) -> dict[str, Any]:
    """Everything as one JSON object."""
    groups = {
        name: {value: _shares([one for one in verdicts if key(one) == value]) for value in _values(verdicts, key)}
        for name, key in GROUPS.items()
    }
    sure = [one for one in verdicts if one.confidence >= SURE]
    asked = [one for one in verdicts if one.unasked is not None]
    return {
        **_shares(verdicts),
        "causes": dict(Counter(one.cause for one in verdicts).most_common()),
        "confusions": dict(Counter(_confused(verdicts)).most_common()),
        "second_opinion": {
            "asked": len(asked),
            "mended": sum(one.cause == RIGHT and one.unasked != one.plate.text for one in asked),
            "spoilt": sum(one.cause != RIGHT and one.unasked == one.plate.text for one in asked),
        },
        "sure": len(sure),
        "sure_and_wrong": sum(one.cause != RIGHT for one in sure),
        "pictures": pictures,
        "false_reads": false_reads,
        "ms_median": round(ms, 1),
        "by": groups,
    }


def _values(verdicts: Iterable[Verdict], key: Callable[[Verdict], str]) -> list[str]:
    return sorted({key(one) for one in verdicts})


def _confused(verdicts: Iterable[Verdict]) -> Iterator[str]:
    for one in verdicts:
        yield from confusions(one.plate.text or "", one.read)


def _shares(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    found, right = sum(one.found for one in verdicts), sum(one.cause == RIGHT for one in verdicts)
    return {"n": len(verdicts), "found": _share(found, len(verdicts)), "strict": _share(right, len(verdicts))}


def _share(hits: int, of: int) -> dict[str, float]:
    low, high = wilson(hits, of)
    return {"count": hits, "share": round(hits / of if of else 0.0, 3), "low": round(low, 3), "high": round(high, 3)}


def as_lines(facts: dict[str, Any]) -> Iterator[str]:
    """The object for people."""
    yield f"{'':<28}{'n':>5}  {'found':<20}{'strict':<20}"
    yield _line("all", facts)
    for name, values in facts["by"].items():
        for value, group in values.items():
            yield _line(f"{name} {value}", group)
    for cause, count in facts["causes"].items():
        yield f"{cause:<28}{count:>5}"
    for confusion, count in facts["confusions"].items():
        yield f"  {confusion:<26}{count:>5}"
    second = facts["second_opinion"]
    yield f"second opinion: asked {second['asked']}, mended {second['mended']}, spoilt {second['spoilt']}"
    yield f"sure (.9 and more): {facts['sure']}, wrong {facts['sure_and_wrong']}"
    yield f"false reads: {facts['false_reads']} in {facts['pictures']} pictures; {facts['ms_median']:.0f} ms a picture"


def _line(name: str, group: dict[str, Any]) -> str:
    shares = "".join(
        f"{part['share']:.3f} [{part['low']:.2f}-{part['high']:.2f}]  " for part in (group["found"], group["strict"])
    )
    return f"{name:<28}{group['n']:>5}  {shares}".rstrip()
