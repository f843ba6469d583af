# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evaluation run: reads every labelled image of a folder and judges what was read."""

from collections.abc import Callable, Sequence

from anpr.capture.image_file import Image, read_image
from anpr.domain.errors import MediaError
from anpr.domain.read import Box, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.detect import Detection
from anpr.reader.evaluate.score import Answer, ImageResult, judge
from anpr.reader.evaluate.truth import LabelledImage
from anpr.reader.plates.plate_reader import PlateReader
from anpr.runtime.clock import Clock

Reads = Callable[[Image, LabelledImage], Sequence[Answer]]
"""A reader under test: the texts it gives for an image, with their boxes."""

_UNREAD = frozenset({Drop.PLATE_NO_TEXT, Drop.READ_LOW_CONFIDENCE, Drop.READ_WORD})


def our_reader(reader: PlateReader) -> Reads:
    """This project's reader as a reader under test.

    Where the truth says that the image is a plate crop and nothing was found in it, all of it is read as a plate.
    Where the truth has no texts, a plate that could not be read surely enough counts as found.
    """

    def read(image: Image, labelled: LabelledImage) -> list[Answer]:
        result = reader.read_all(image)
        accepted = list(result.accepted)
        if labelled.plates and all(plate.text is None for plate in labelled.plates):
            unread = [Answer(text="", box=one.box) for one in result.rejected if one.reason in _UNREAD]
            return [*(Answer(text=one.text, box=one.box) for one in accepted), *unread]
        if not accepted and any(plate.kind == "crop" for plate in labelled.plates):
            height, width = image.shape[:2]
            whole = reader.read_once(image, Detection(box=Box(x=0, y=0, w=width, h=height), score=1.0))
            accepted = [whole] if isinstance(whole, PlateRead) else []
        return [Answer(text=one.text, box=one.box) for one in accepted]

    return read


def run(
    images: Sequence[LabelledImage], reads: Reads, clock: Clock, on_fault: Callable[[MediaError], None]
) -> list[ImageResult]:
    """The result of each image. One that cannot be opened is reported to `on_fault`; its plates count as not found."""
    results = []
    for labelled in images:
        try:
            image = read_image(labelled.path)
        except MediaError as exc:
            on_fault(exc)
            results.append(judge(labelled, [], 0.0))
            continue
        began = clock.monotonic()
        answers = reads(image, labelled)
        results.append(judge(labelled, answers, (clock.monotonic() - began) * 1000))
    return results
