# SPDX-License-Identifier: AGPL-3.0-or-later
"""Advice on a camera that was tried: what to change, in plain words, each with the figure that says so."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from anpr.capture.probe import Probed, StreamFacts
from anpr.capture.video_damage import HIGH_SHARE
from anpr.reader.camera.view_quality import SOFT
from anpr.reader.probe.examination import Examination
from anpr.settings import ReaderSettings

WIDE_PX = 100
"""docs/benchmarks.md, Italian plates on Italian streets: 100 px and wider 37 of 38 read right, below 60 px 6 of 9."""
_NARROW_PX = 60
_FEW_A_SECOND = 8.0
"""A vehicle is in view for one to three seconds, its plate large enough for half of that at the least: four looks,
of which `reader.assemble.min_reads` must succeed."""
_LOST_SHARE = 0.8
"""Of the announced rate; below it frames are lost, and not counted otherwise by a clock that is a little off."""
_KEY_EVERY_S = 4.0
"""The longest that cameras are usually set to. Damage, and the time until the first frame, last until the next one."""


class Finding(StrEnum):
    """What is not as it should be."""

    NARROW_PLATES = "narrow-plates"
    UNSURE_READS = "unsure-reads"
    NO_PLATE = "no-plate"
    FEW_FRAMES = "few-frames"
    LOST_FRAMES = "lost-frames"
    DAMAGED_FRAMES = "damaged-frames"
    RARE_KEY_FRAMES = "rare-key-frames"
    DARK = "dark"
    BLURRED = "blurred"


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """A finding, and what to do about it, as a sentence."""

    finding: Finding
    text: str


def advise(probed: Probed, facts: StreamFacts, seen: Examination, settings: ReaderSettings) -> tuple[Advice, ...]:
    """What to change at this camera, most important first; nothing where all is well."""
    return tuple([*_on_plates(seen, settings), *_on_image(seen, settings), *_on_stream(probed, facts, settings)])


def _on_plates(seen: Examination, settings: ReaderSettings) -> Iterator[Advice]:
    widths = [width for plate in seen.plates for width in plate.widths] or seen.too_small
    if widths and (widest := max(widths)) < WIDE_PX:
        lost = "a third of them is not read, " if widest < _NARROW_PX else ""
        yield Advice(
            finding=Finding.NARROW_PLATES,
            text=f"plates are {widest:.0f} px wide at most; {lost}{WIDE_PX} px or more are read well"
            " (docs/benchmarks.md): zoom in, or bring the camera closer",
        )
    least = settings.assemble.min_confidence
    near = [plate for plate in seen.plates if max(plate.widths) >= _NARROW_PX]  # others are in the background
    if unsure := [plate for plate in near if plate.confidence < least]:
        yield Advice(
            finding=Finding.UNSURE_READS,
            text=f"{len(unsure)} of {len(near)} plates are read with less than {least:.0%}, which makes no"
            " transit: look at the picture; a shorter exposure against motion, more infrared light at night",
        )
    if not seen.plates and not seen.too_small:
        yield Advice(
            finding=Finding.NO_PLATE,
            text="no plate was seen: look again while a vehicle passes (--for 30), and check regions and masks",
        )


def _on_image(seen: Examination, settings: ReaderSettings) -> Iterator[Advice]:
    if seen.bright is None:
        return
    if seen.bright < settings.sight.dark_below:
        yield Advice(
            finding=Finding.DARK,
            text=f"the image is dark: 95 % of it lie below level {seen.bright:.0f} of 255: light, infrared light, or a"
            " larger aperture; a longer exposure would blur vehicles",
        )
    elif seen.sharpness is None or seen.sharpness < SOFT:
        yield Advice(
            finding=Finding.BLURRED, text="the image is blurred, or shows nothing: set the focus, clean the glass"
        )


def _on_stream(probed: Probed, facts: StreamFacts, settings: ReaderSettings) -> Iterator[Advice]:
    rate, announced = probed.rate, facts.announced_rate
    if rate is not None and rate < _FEW_A_SECOND:
        yield Advice(
            finding=Finding.FEW_FRAMES,
            text=f"{rate:.1f} frames a second: a fast vehicle is seen in too few of them, and"
            f" {settings.assemble.min_reads} reads make a transit: set 10 to 25 a second in the camera",
        )
    if rate is not None and announced is not None and rate < _LOST_SHARE * announced:
        yield Advice(
            finding=Finding.LOST_FRAMES,
            text=f"the camera announces {announced:.0f} frames a second and {rate:.1f} come: a slow network, or a"
            " camera or a machine with too much to do",
        )
    if probed.damaged > HIGH_SHARE * probed.frames:
        yield Advice(
            finding=Finding.DAMAGED_FRAMES,
            text=f"{probed.damaged} of {probed.frames} frames are damaged and not read: cable, radio link, bit rate",
        )
    if probed.key_every_s is not None and probed.key_every_s > _KEY_EVERY_S:
        yield Advice(
            finding=Finding.RARE_KEY_FRAMES,
            text=f"a key frame comes every {probed.key_every_s:.1f} s: set one a second, and no 'smart' codec, so"
            " that damage ends soon",
        )
