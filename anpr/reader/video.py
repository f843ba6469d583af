"""The passes in a video file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anpr.capture.media import open_video
from anpr.domain.errors import MediaError
from anpr.domain.gate import Camera
from anpr.reader.assemble import MadeTransit, Origin
from anpr.reader.assemble.consult import Consultation
from anpr.reader.camera.watch import Watch, Witness
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.second_opinion import SecondOpinion
from anpr.runtime.clock import Clock
from anpr.settings import ReaderSettings

_NAME = "file"
"""Gate and camera of transits that come from a file."""


@dataclass(frozen=True, kw_only=True)
class Showing:
    """Of which camera a video is, and who is told what was turned down."""

    camera: Camera | None = None
    witness: Witness | None = None


def read_video(
    path: Path,
    plate_reader: PlateFinder,
    settings: ReaderSettings,
    clock: Clock,
    second: SecondOpinion | None = None,
    showing: Showing | None = None,
) -> Iterator[MadeTransit]:
    """Every vehicle past the camera that made this video, in the order they were finished. No frame is left out.

    Raises ModelError; MediaError naming the file, after the passes of what could be read of it.
    """
    how = showing or Showing()
    camera = how.camera or Camera(id=_NAME, url=str(path))
    origin = Origin(camera=camera, gate_id=_NAME, reader_id=settings.id)
    consult = Consultation(_NAME, second, patient=True) if second else None
    watch = Watch(origin, settings.assemble, plate_reader, clock, consult=consult)
    if how.witness is not None:
        watch.tell(how.witness)
    try:
        for frame in open_video(path, clock, camera_id=_NAME):
            yield from watch.add(frame)
    except MediaError:
        yield from watch.end()
        raise
    yield from watch.end()
