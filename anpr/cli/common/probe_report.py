# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `anpr camera probe` prints: lines for people, or one JSON object."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from anpr.capture.probe import Probed, StreamFacts
from anpr.cli.common.counted import counted
from anpr.reader.probe.advice import Advice
from anpr.reader.probe.examination import Examination, SeenPlate


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What was found at one camera."""

    probed: Probed
    facts: StreamFacts
    seen: Examination
    advice: Sequence[Advice]


def probe_lines(report: ProbeReport) -> Iterator[str]:
    """The stream, the image, the plates, what to change."""
    yield from _stream_lines(report.probed, report.facts)
    yield from _image_lines(report.seen)
    yield from _plate_lines(report.seen)
    for one in report.advice:
        yield f"to change: {one.text}"
    if not report.advice:
        yield "nothing to change"


def probe_object(report: ProbeReport) -> dict[str, Any]:
    """The same as a JSON object; px, s, shares 0 to 1, levels 0 to 255; null: not known."""
    probed, seen = report.probed, report.seen
    return {
        "codec": report.facts.codec,
        "width": probed.size[0],
        "height": probed.size[1],
        "frames": probed.frames,
        "damaged_frames": probed.damaged,
        "seconds": round(probed.seconds, 3),
        "frames_per_s": _rounded(probed.rate, 2),
        "announced_frames_per_s": _rounded(report.facts.announced_rate, 2),
        "first_frame_after_s": round(probed.first_after_s, 3),
        "key_frame_every_s": _rounded(probed.key_every_s, 2),
        "brightness": {"middle": _rounded(seen.middle, 1), "bright": _rounded(seen.bright, 1)},
        "sharpness": _rounded(seen.sharpness, 4),
        "examined_frames": seen.frames,
        "frames_with_plates": seen.frames_with_plates,
        "plates": [_plate_object(plate) for plate in seen.plates],
        "plates_not_listed": seen.unlisted,
        "turned_down": {reason.value: number for reason, number in seen.rejected.most_common()},
        "advice": [{"finding": one.finding.value, "text": one.text} for one in report.advice],
    }


def _stream_lines(probed: Probed, facts: StreamFacts) -> Iterator[str]:
    width, height = probed.size
    rate = f"{probed.rate:.1f} frames a second" if probed.rate is not None else "one frame"
    yield (
        f"{facts.codec or 'images'}, {width} × {height} px, {rate} ({probed.frames} frames in {probed.seconds:.1f} s)"
    )
    parts = [f"first frame after {probed.first_after_s:.1f} s"]
    if facts.announced_rate is not None:
        parts.append(f"{facts.announced_rate:.1f} frames a second announced")
    if probed.key_every_s is not None:
        parts.append(f"a key frame every {probed.key_every_s:.1f} s")
    if probed.damaged:
        parts.append(f"{counted(probed.damaged, 'damaged frame')}")
    yield ", ".join(parts)


def _image_lines(seen: Examination) -> Iterator[str]:
    if seen.middle is None or seen.bright is None:
        return
    sharpness = "cannot be told" if seen.sharpness is None else f"{seen.sharpness:.3f} (in focus: 0.3 to 1.1)"
    yield f"brightness {seen.middle:.0f} (median) and {seen.bright:.0f} (95 %) of 255, sharpness {sharpness}"


def _plate_lines(seen: Examination) -> Iterator[str]:
    yield f"{counted(seen.frames, 'frame')} examined, plates read in {seen.frames_with_plates}"
    for plate in seen.plates:
        low, high = min(plate.widths), max(plate.widths)
        width = f"{low:.0f} to {high:.0f}" if round(low) != round(high) else f"{high:.0f}"
        yield (
            f"plate {plate.text}: {width} px wide, in {counted(plate.frames, 'frame')},"
            f" {plate.confidence:.0%} sure at best"
        )
    if seen.unlisted:
        yield f"{counted(seen.unlisted, 'read')} of further plates not listed"
    if seen.rejected:
        reasons = ", ".join(f"{reason.value} {number}" for reason, number in seen.rejected.most_common())
        yield f"turned down: {reasons}"


def _plate_object(plate: SeenPlate) -> dict[str, Any]:
    return {
        "text": plate.text,
        "frames": plate.frames,
        "confidence": round(plate.confidence, 4),
        "least_width_px": round(min(plate.widths), 1),
        "most_width_px": round(max(plate.widths), 1),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
