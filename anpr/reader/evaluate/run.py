"""Read every picture of a folder with known plates and score what was read."""

from collections.abc import Callable, Sequence

from anpr.clock import Clock
from anpr.domain.errors import MediaError
from anpr.domain.read import Box, PlateRead
from anpr.metrics import Drop
from anpr.reader.detect import Detection
from anpr.reader.evaluate.score import Answer, PictureResult, judge
from anpr.reader.evaluate.truth import Picture
from anpr.reader.image_file import Image, read_image
from anpr.reader.plates import PlateReader

Reads = Callable[[Image, Picture], Sequence[Answer]]
"""A reader under test: the texts it gives for a picture, with their boxes."""


_UNREAD = frozenset({Drop.PLATE_NO_TEXT, Drop.READ_LOW_CONFIDENCE, Drop.READ_WORD})


def our_reader(reader: PlateReader) -> Reads:
    """This project's reader as a reader under test.

    Where the truth says that the picture is a cut-out plate and nothing was found in it, all of it is read as a plate.
    Where it knows no texts, a plate counts as found that could not be read, or not surely enough.
    """

    def read(image: Image, picture: Picture) -> list[Answer]:
        look = reader.look(image)
        accepted = list(look.accepted)
        if picture.plates and all(plate.text is None for plate in picture.plates):
            unread = [Answer(text="", box=one.box) for one in look.rejected if one.reason in _UNREAD]
            return [*(Answer(text=one.text, box=one.box) for one in accepted), *unread]
        if not accepted and any(plate.kind == "crop" for plate in picture.plates):
            height, width = image.shape[:2]
            whole = reader.read_once(image, Detection(box=Box(x=0, y=0, w=width, h=height), score=1.0))
            accepted = [whole] if isinstance(whole, PlateRead) else []
        return [Answer(text=one.text, box=one.box) for one in accepted]

    return read


def run(
    pictures: Sequence[Picture], reads: Reads, clock: Clock, on_fault: Callable[[MediaError], None]
) -> list[PictureResult]:
    """The result of each picture. One that cannot be opened is told to `on_fault`; its plates count as not found."""
    results = []
    for picture in pictures:
        try:
            image = read_image(picture.path)
        except MediaError as exc:
            on_fault(exc)
            results.append(judge(picture, [], 0.0))
            continue
        began = clock.monotonic()
        answers = reads(image, picture)
        results.append(judge(picture, answers, (clock.monotonic() - began) * 1000))
    return results
