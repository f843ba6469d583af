# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scores as a JSON object, and as a table for people."""

from collections.abc import Iterator
from typing import Any

from anpr.reader.evaluate.score import Group, Scores

_SHARES = ("found", "strict", "folded")


def as_object(scores: Scores) -> dict[str, Any]:
    """Counts, shares and their 95 % intervals."""
    return {
        "pictures": scores.images,
        "unreadable": scores.unreadable,
        "false_reads": scores.false_reads,
        "false_reads_per_picture": round(scores.false_reads / scores.images, 4) if scores.images else 0.0,
        "ms_median": round(scores.ms_median, 1),
        "total": _group(scores.total),
        "by": {
            name: {value: _group(group) for value, group in values.items()} for name, values in scores.groups.items()
        },
    }


def _group(group: Group) -> dict[str, Any]:
    fields: dict[str, Any] = {"plates": group.plates}
    for name in _SHARES:
        if group.plates and not group.of(name):
            fields[name] = None
            continue
        share, low, high = (round(value, 4) for value in group.share(name))
        fields[name] = {"count": getattr(group, name), "share": share, "low": low, "high": high}
    return fields


def as_lines(scores: Scores) -> Iterator[str]:
    """A table: found, strict and folded with 95 % intervals, in all and by group."""
    yield f"{'':<22}{'plates':>7}  {'found':<20}{'strict':<20}{'look-alike folded':<20}"
    yield _line("all", scores.total)
    for name, values in scores.groups.items():
        for value, group in values.items() if len(values) > 1 else ():
            yield _line(f"{name} {value}", group)
    images = scores.images
    rate = scores.false_reads / images if images else 0.0
    yield f"false reads: {scores.false_reads} in {images} pictures ({rate:.3f} a picture)"
    yield f"time: {scores.ms_median:.0f} ms a picture (median)"
    if scores.unreadable:
        yield f"unreadable: {scores.unreadable} pictures, their plates counted as not found"


def _line(name: str, group: Group) -> str:
    shares = "".join(f"{_share(group, share):<20}" for share in _SHARES)
    return f"{name:<22}{group.plates:>7}  {shares}".rstrip()


def _share(group: Group, name: str) -> str:
    if group.plates and not group.of(name):
        return "not known"
    share, low, high = group.share(name)
    return f"{share:.3f} [{low:.2f}-{high:.2f}]"
