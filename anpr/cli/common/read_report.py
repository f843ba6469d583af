# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `anpr read` prints: one JSON object a line, or lines for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anpr.capture.frame import Frame
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.assemble import MadeTransit
from anpr.reader.assemble.vote import Verdict
from anpr.reader.plates.plate_reader import ReadResult, Rejected
from anpr.reader.plates.thresholds import Thresholds


def image_object(path: Path, result: ReadResult, ms: float, explain: bool) -> dict[str, Any]:
    """One picture as a JSON object; with what was turned down when `explain`."""
    fields: dict[str, Any] = {
        "file": str(path),
        "ms": round(ms, 1),
        "plates": [_plate(read) for read in result.accepted],
    }
    if explain:
        fields["rejected"] = [_rejected(one) for one in result.rejected]
    return fields


def transit_object(path: Path, one: MadeTransit) -> dict[str, Any]:
    """One transit of a video as a JSON object."""
    transit = one.transit
    return {
        "file": str(path),
        "transit": str(transit.id),
        "plate": transit.plate,
        "raw": transit.raw,
        "second_raw": one.second_raw,
        "confidence": _probability(transit.confidence),
        "first_frame": one.first_frame,
        "last_frame": one.last_frame,
        "reads": transit.reads,
        "box": _box(transit.box),
        "candidates": _candidates(transit.candidates),
    }


def image_lines(path: Path, result: ReadResult, ms: float, explain: bool, thresholds: Thresholds) -> Iterator[str]:
    """One picture as lines for people."""
    texts = ", ".join(f"{read.text} {read.confidence:.0%}" for read in result.accepted)
    yield f"{path}: {texts or 'no plate'}  ({ms:.0f} ms)"
    if explain:
        yield from result_lines(result, thresholds)


def result_lines(result: ReadResult, thresholds: Thresholds) -> Iterator[str]:
    """Each plate and each detection that was turned down, with what decided it, as lines for people."""
    for read in result.accepted:
        others = ", ".join(f"{c.text} {c.probability:.1%}" for c in read.candidates[1:4] if c.probability >= 0.001)
        yield (
            f"    read  {read.text}  seen as {read.raw}{_second(read.second_raw)}, "
            f"box {_place(read.box)}, detector {read.detector_score:.2f}, "
            f"country {_countries(read)}, {read.lines} line(s)" + (f"; else {others}" if others else "")
        )
        if read.positions:
            yield f"          sign by sign: {' '.join(map(_sign, read.positions))}"
    for one in result.rejected:
        seen = f", seen as {one.raw} {one.confidence:.0%}" if one.raw else ""
        demanded = thresholds.demanded(one.reason)
        limit = f" ({demanded})" if demanded else ""
        yield f"    no    {one.reason}{limit}: box {_place(one.box)}, detector {one.score:.2f}{seen}"


def _sign(position: Sequence[Candidate]) -> str:
    """A sign with its probability in percent, and what else it may be: B97, or O58/041."""
    best, *others = position
    likely = [f"/{other.text}{other.probability:.0%}" for other in others[:2] if other.probability >= 0.02]
    return f"{best.text}{best.probability:.0%}{''.join(likely)}".replace("%", "")


def frame_lines(frame: Frame, result: ReadResult, thresholds: Thresholds) -> Iterator[str]:
    """One frame of a video in which something was found, as lines for people."""
    if result.accepted or result.rejected:
        yield f"    frame {frame.index} ({frame.at_s:.2f} s)"
        yield from (f"    {line}" for line in result_lines(result, thresholds))


def frame_object(path: Path, frame: Frame, result: ReadResult) -> dict[str, Any]:
    """The same as a JSON object."""
    return {
        "file": str(path),
        "frame": frame.index,
        "at_s": round(frame.at_s, 3),
        "plates": [_plate(read) for read in result.accepted],
        "rejected": [_rejected(one) for one in result.rejected],
    }


def dropped_line(reason: Drop, verdict: Verdict | None) -> str:
    """A plate that was followed and came to no transit, as a line for people."""
    if verdict is None:
        return f"    no transit: {reason}, never read"
    return f"    no transit: {reason}, {verdict.plate} {verdict.confidence:.0%}, {verdict.reads} read(s)"


def dropped_object(path: Path, reason: Drop, verdict: Verdict | None) -> dict[str, Any]:
    """The same as a JSON object."""
    return {
        "file": str(path),
        "dropped": reason.value,
        "plate": verdict.plate if verdict else None,
        "confidence": _probability(verdict.confidence) if verdict else 0.0,
        "reads": verdict.reads if verdict else 0,
    }


def transit_line(path: Path, one: MadeTransit) -> str:
    """One transit of a video as a line for people."""
    transit = one.transit
    return (
        f"{path}: {transit.plate} {transit.confidence:.0%}  "
        f"(frames {one.first_frame} to {one.last_frame}, {transit.reads} reads{_second(one.second_raw)})"
    )


def _plate(read: PlateRead) -> dict[str, Any]:
    return {
        "text": read.text,
        "raw": read.raw,
        "second_raw": read.second_raw,
        "confidence": _probability(read.confidence),
        "box": _box(read.box),
        "country": read.country,
        "countries": {code: _probability(probability) for code, probability in read.countries},
        "candidates": _candidates(read.candidates),
    }


def _rejected(one: Rejected) -> dict[str, Any]:
    return {
        "reason": one.reason.value,
        "box": _box(one.box),
        "score": _probability(one.score),
        "raw": one.raw,
        "confidence": _probability(one.confidence),
    }


def _second(raw: str | None) -> str:
    return "" if raw is None else f", by the second reader as {raw or 'nothing'}"


def _countries(read: PlateRead) -> str:
    likely = " ".join(f"{code} {probability:.0%}" for code, probability in read.countries if probability >= 0.01)
    return f"{read.country or 'open'} ({likely or 'none we know'})"


def _candidates(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    return [{"text": c.text, "probability": _probability(c.probability)} for c in candidates]


def _probability(value: float) -> float:
    return round(value, 4)


def _box(box: Box) -> list[float]:
    return [round(value, 1) for value in (box.x, box.y, box.w, box.h)]


def _place(box: Box) -> str:
    return f"{box.w:.0f}×{box.h:.0f} at {box.x:.0f},{box.y:.0f}"
