# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real clips, changed as cameras and networks change them.

    python -m scripts.benchmarks.passes.real CLIPS [--only NAME]

CLIPS holds the clips named in TRUTH. Each is encoded anew with one thing changed (half the frames, bursts lost, darker,
grey as at night, shaken …) and read as `anpr read` reads a video. The last line of standard output is one JSON object;
what went wrong is told on standard error. The exit status is 1 unless at least 98 % of the passes are right, none is
doubled and none is false.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import click
import cv2
import numpy as np
import numpy.typing as npt

from anpr.domain.errors import InputError
from anpr.drawing.degrade import gamma
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.settings import ReaderSettings
from scripts.benchmarks.passes.render import NOT_REACHED, WANTED, transits_of
from scripts.benchmarks.passes.tally import Tally, reckon
from scripts.benchmarks.passes.vehicles import Vehicle
from scripts.command import Script, finish, log

TRUTH: Mapping[str, tuple[str, ...]] = {
    "uk_LS15EBC_1280x720_30fps.mp4": ("LS15EBC",),
    "vn_tollgate_1280x720.mp4": ("34A36837", "34A23126", "89C20339"),
}
"""The plates a person can read, by clip; the fourth vehicle at the toll gate never shows its own."""
STANDING: Mapping[str, tuple[str, ...]] = {"vn_tollgate_1280x720.mp4": ("15C17174",)}
"""A van that stands beside the lane, its plate hardly 40 px wide: it may make a transit and need not."""

Picture = npt.NDArray[np.uint8]


def _all(_: int) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is done to a clip."""

    name: str
    keeps: Callable[[int], bool] = _all
    """Whether the frame of this number is left in."""
    paint: Callable[[Picture], npt.ArrayLike] = lambda picture: picture
    crf: int = 23
    """Of x264: higher is worse."""


def _by_chance(index: int) -> bool:
    return bool(np.random.default_rng(index).random() > 1 / 3)


def _shaken(seed: int) -> Callable[[Picture], npt.ArrayLike]:
    """As in an unsteady hand: each frame in another place, and a little turned."""
    chance = np.random.default_rng(seed)

    def paint(picture: Picture) -> npt.ArrayLike:
        height, width = picture.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(chance.normal(0, 0.4)), 1.0)
        turn[:, 2] = turn[:, 2] + chance.normal(0, 6, 2)
        return cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)

    return paint


def _noisy(seed: int) -> Callable[[Picture], npt.ArrayLike]:
    chance = np.random.default_rng(seed)
    return lambda picture: np.clip(picture + chance.normal(0, 12, picture.shape), 0, 255)


def _grey(picture: Picture) -> npt.ArrayLike:
    return cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def _coarser(picture: Picture) -> npt.ArrayLike:
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


CHANGES = (
    Change(name="as it is"),
    Change(name="badly compressed", crf=34),
    Change(name="half the frames", keeps=lambda index: index % 2 == 0),
    Change(name="a third of the frames", keeps=lambda index: index % 3 == 0),
    Change(name="a third lost by chance", keeps=_by_chance),
    Change(name="ten of thirty frames lost in a row", keeps=lambda index: index % 30 < 20),
    Change(name="shaken", paint=_shaken(1)),
    Change(name="darker", paint=lambda picture: gamma(picture, 2.2)),
    Change(name="over-exposed", paint=lambda picture: gamma(picture, 0.45)),
    Change(name="noisy", paint=_noisy(1)),
    Change(name="grey", paint=_grey),
    Change(name="out of focus", paint=lambda picture: cv2.GaussianBlur(picture, (0, 0), 1.3)),
    Change(name="of fewer pixels", paint=_coarser),
)


def changed(source: Path, change: Change, out: Path) -> None:
    """Encode the clip anew, each frame at the moment it had."""
    options = {"preset": "veryfast", "crf": str(change.crf)}
    with av.open(str(source)) as read, av.open(str(out), "w", format="mp4") as written:
        taken = read.streams.video[0]
        given = written.add_stream("libx264", rate=taken.average_rate, options=options)
        given.width, given.height, given.pix_fmt = taken.width, taken.height, "yuv420p"
        # Not one tick a frame: frames of a clip whose rate varies would share one.
        given.codec_context.time_base = taken.time_base or Fraction(1, 90_000)
        for index, frame in enumerate(read.decode(taken)):
            if change.keeps(index):
                picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                new = av.VideoFrame.from_ndarray(np.ascontiguousarray(change.paint(picture), np.uint8), "bgr24")
                new.pts, new.time_base = frame.pts, frame.time_base
                written.mux(given.encode(new))
        written.mux(given.encode(None))


def read_changed(clips: Path, change: Change, reader: PlateReader, folder: Path) -> Tally:
    """All clips of TRUTH with this change."""
    total = Tally()
    for name, plates in TRUTH.items():
        if not (clips / name).is_file():
            raise InputError(f"{clips}: no {name}")
        clip = folder / name
        changed(clips / name, change, clip)
        transits = transits_of(clip, reader)
        passed = [one for one in transits if one.plate not in STANDING.get(name, ())]
        tally = reckon([_passing(plate) for plate in plates], passed)
        if not tally.is_perfect:
            made = [f"{one.plate} {one.confidence:.2f}" for one in transits]
            click.echo(f"{change.name}, {name}: passed {list(plates)}, made {made}", err=True)
        total.add(tally)
    return total


def _passing(plate: str) -> Vehicle:
    return Vehicle(plate=plate, way=((0.0, 0.0, 10.0), (1.0, 0.0, 10.0)))


@click.command(cls=Script, help=__doc__)
@click.argument("clips", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", type=click.Choice([change.name for change in CHANGES]), help="This change alone.")
def main(clips: Path, only: str | None) -> None:
    """Each change in turn."""
    total, by_change = Tally(), {}
    reader = build_plate_reader(ReaderSettings())
    with tempfile.TemporaryDirectory(prefix="anpr-passes-") as name:
        for change in CHANGES:
            if only in {None, change.name}:
                tally = read_changed(clips, change, reader, Path(name))
                total.add(tally)
                by_change[change.name] = f"{tally.right}/{tally.passes}"
                log(f"{change.name}: {tally.right} of {tally.passes} right")
    reached = total.right >= WANTED * total.passes and not total.doubled and not total.false
    finish({"ok": reached, **asdict(total), "changes": by_change}, [] if reached else [NOT_REACHED])


if __name__ == "__main__":
    main()
