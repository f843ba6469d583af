"""What `anpr read` prints: one JSON object a line, or lines for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anpr.domain.read import Box, Candidate, PlateRead
from anpr.reader.assemble import Pass
from anpr.reader.plates import Look, Rejected


def image_object(path: Path, look: Look, ms: float, explain: bool) -> dict[str, Any]:
    """One picture as a JSON object; with what was turned down when `explain`."""
    fields: dict[str, Any] = {"file": str(path), "ms": round(ms, 1), "plates": [_plate(read) for read in look.accepted]}
    if explain:
        fields["rejected"] = [_rejected(one) for one in look.rejected]
    return fields


def transit_object(path: Path, one: Pass) -> dict[str, Any]:
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


def image_lines(path: Path, look: Look, ms: float, explain: bool) -> Iterator[str]:
    """One picture as lines for people."""
    texts = ", ".join(f"{read.text} {read.confidence:.0%}" for read in look.accepted)
    yield f"{path}: {texts or 'no plate'}  ({ms:.0f} ms)"
    for read in look.accepted if explain else ():
        others = ", ".join(f"{c.text} {c.probability:.1%}" for c in read.candidates[1:4] if c.probability >= 0.001)
        yield (
            f"    read  {read.text}  seen as {read.raw}{_second(read.second_raw)}, "
            f"box {_place(read.box)}, detector {read.detector_score:.2f}, "
            f"country {_countries(read)}, {read.lines} line(s)" + (f"; else {others}" if others else "")
        )
    for one in look.rejected if explain else ():
        seen = f", seen as {one.raw} {one.confidence:.0%}" if one.raw else ""
        yield f"    no    {one.reason}: box {_place(one.box)}, detector {one.score:.2f}{seen}"


def transit_line(path: Path, one: Pass) -> str:
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
