# SPDX-License-Identifier: AGPL-3.0-or-later
"""Advice on a camera that was tried: what to change, in plain words, each with the figure that says so."""

from dataclasses import dataclass

from anpr.capture.probe import Probed, StreamFacts
from anpr.domain.camera_view import NARROW_PX, WIDE_PX, CameraFigures, Finding, findings
from anpr.reader.probe.examination import Examination
from anpr.settings import ReaderSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """A finding, and what to do about it, as a sentence."""

    finding: Finding
    text: str


def advise(probed: Probed, facts: StreamFacts, seen: Examination, settings: ReaderSettings) -> tuple[Advice, ...]:
    """What to change at this camera, most important first; nothing where all is well."""
    figures = figures_of(probed, facts, seen, settings)
    return tuple([Advice(finding=one, text=_text(one, figures)) for one in findings(figures)])


def figures_of(probed: Probed, facts: StreamFacts, seen: Examination, settings: ReaderSettings) -> CameraFigures:
    """What the rules go by, of a camera that was tried."""
    widths = [width for plate in seen.plates for width in plate.widths] or seen.too_small
    near = [plate for plate in seen.plates if max(plate.widths) >= NARROW_PX]  # others are in the background
    least = settings.assemble.min_confidence
    return CameraFigures(
        width=probed.size[0],
        height=probed.size[1],
        rate=probed.rate,
        announced_rate=facts.announced_rate,
        frames=probed.frames,
        damaged=probed.damaged,
        key_every_s=probed.key_every_s,
        widest_px=max(widths, default=None),
        has_plates=bool(widths),
        near=len(near),
        unsure=sum(plate.confidence < least for plate in near),
        bright=seen.bright,
        sharpness=seen.sharpness,
        min_confidence=least,
        min_reads=settings.assemble.min_reads,
        dark_below=settings.sight.dark_below,
    )


def _text(finding: Finding, of: CameraFigures) -> str:
    """What is wrong, with its figure, and what to do about it."""
    lost = "a third of them is not read, " if (of.widest_px or 0) < NARROW_PX else ""
    return {
        Finding.NARROW_PLATES: f"plates are {of.widest_px or 0:.0f} px wide at most; {lost}{WIDE_PX} px or more are"
        " read well (docs/benchmarks.md): zoom in, or bring the camera closer",
        Finding.UNSURE_READS: f"{of.unsure} of {of.near} plates are read with less than {of.min_confidence:.0%}, which"
        " makes no transit: look at the picture; a shorter exposure against motion, more infrared light at night",
        Finding.NO_PLATE: "no plate was seen: look again while a vehicle passes (--for 30), and check regions and"
        " masks",
        Finding.DARK: f"the image is dark: 95 % of it lie below level {of.bright or 0:.0f} of 255: light, infrared"
        " light, or a larger aperture; a longer exposure would blur vehicles",
        Finding.BLURRED: "the image is blurred, or shows nothing: set the focus, clean the glass",
        Finding.FEW_FRAMES: f"{of.rate or 0:.1f} frames a second: a fast vehicle is seen in too few of them, and"
        f" {of.min_reads} reads make a transit: set 10 to 25 a second in the camera",
        Finding.LOST_FRAMES: f"the camera announces {of.announced_rate or 0:.0f} frames a second and"
        f" {of.rate or 0:.1f} come: a slow network, or a camera or a machine with too much to do",
        Finding.DAMAGED_FRAMES: f"{of.damaged} of {of.frames} frames are damaged and not read: cable, radio link, bit"
        " rate",
        Finding.RARE_KEY_FRAMES: f"a key frame comes every {of.key_every_s or 0:.1f} s: set one a second, and no"
        " 'smart' codec, so that damage ends soon",
    }[finding]
