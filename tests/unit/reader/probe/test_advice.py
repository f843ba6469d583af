# SPDX-License-Identifier: AGPL-3.0-or-later
"""Advice: each finding comes with its figure, and a good camera gets none."""

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest

from anpr.capture.probe import Probed, StreamFacts
from anpr.domain.camera_view import Finding
from anpr.reader.probe.advice import advise
from anpr.reader.probe.examination import Examination, SeenPlate
from anpr.settings import ReaderSettings


@dataclass
class Seen:
    """What an examination tells."""

    plates: tuple[SeenPlate, ...] = (SeenPlate(text="AB123CD", frames=3, confidence=0.99, widths=[90, 128]),)
    too_small: list[float] = field(default_factory=list)
    bright: float | None = 200.0
    sharpness: float | None = 0.4


def advice(seen: Seen | None = None, announced: float | None = 25.0, **of_stream: Any) -> dict[Finding, str]:
    values = {"frames": 126, "damaged": 0, "seconds": 5.0, "key_every_s": 1.0, **of_stream}
    probed = Probed(size=(64, 36), first_after_s=0.4, image=np.zeros((36, 64, 3), np.uint8), **values)
    facts = StreamFacts(codec="h264", announced_rate=announced)
    found = advise(probed, facts, cast("Examination", seen or Seen()), ReaderSettings())
    return {one.finding: one.text for one in found}


def plate(width: float, confidence: float = 0.99) -> tuple[SeenPlate, ...]:
    return (SeenPlate(text="AB123CD", frames=1, confidence=confidence, widths=[width]),)


def test_a_good_camera_gets_none() -> None:
    assert advice() == {}


def test_a_plate_in_the_background_is_no_reason_to_change_anything() -> None:
    assert advice(Seen(plates=(*Seen().plates, *plate(47, 0.45)))) == {}


@pytest.mark.parametrize(
    ("seen", "finding", "words"),
    [
        (Seen(plates=plate(62)), Finding.NARROW_PLATES, "plates are 62 px wide at most; 100 px or more are read well"),
        (Seen(plates=plate(50)), Finding.NARROW_PLATES, "50 px wide at most; a third of them is not read"),
        (Seen(plates=(), too_small=[22.0]), Finding.NARROW_PLATES, "plates are 22 px wide at most"),
        (Seen(plates=plate(120, 0.5)), Finding.UNSURE_READS, "1 of 1 plates are read with less than 70%"),
        (Seen(plates=()), Finding.NO_PLATE, "no plate was seen"),
        (Seen(bright=12.0), Finding.DARK, "below level 12 of 255"),
        (Seen(sharpness=0.004), Finding.BLURRED, "the image is blurred"),
        (Seen(sharpness=None), Finding.BLURRED, "the image is blurred"),
    ],
)
def test_what_the_frames_show_is_told(seen: Seen, finding: Finding, words: str) -> None:
    found = advice(seen)
    assert list(found) == [finding]
    assert words in found[finding]


@pytest.mark.parametrize(
    ("of_stream", "finding", "words"),
    [
        ({"frames": 21, "announced": 4.0}, Finding.FEW_FRAMES, "4.0 frames a second: a fast vehicle"),
        ({"frames": 61}, Finding.LOST_FRAMES, "announces 25 frames a second and 12.0 come"),
        ({"damaged": 10}, Finding.DAMAGED_FRAMES, "10 of 126 frames are damaged"),
        ({"key_every_s": 10.0}, Finding.RARE_KEY_FRAMES, "a key frame comes every 10.0 s"),
    ],
)
def test_what_the_stream_lacks_is_told(of_stream: dict[str, Any], finding: Finding, words: str) -> None:
    found = advice(**of_stream)
    assert list(found) == [finding]
    assert words in found[finding]


def test_what_is_not_known_is_not_advised_upon() -> None:
    assert advice(announced=None, key_every_s=None, frames=1, seconds=0.0) == {}
