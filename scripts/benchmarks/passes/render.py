# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn passes, hand-held, through the whole reader.

    python -m scripts.benchmarks.passes.render [--passes 50] [--seed 1]

Streets, vehicles and plates are drawn, taken with an unsteady hand (sway, tremble, roll, zoom, motion blur), written as
H.264 and read as `anpr read` reads a video: decoder, detector, recogniser, tracks, vote. The last line of standard
output is one JSON object; each scene that went wrong is told on standard error. The exit status is 1 unless at least
98 % of the passes are right, none is doubled and none is false.
"""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import click

from anpr.demo.clips import encode
from anpr.domain.transit import Transit
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.reader.video import read_video
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings
from scripts.benchmarks.passes.drawn import HandHeldFilm, scene, vehicles_of
from scripts.benchmarks.passes.tally import Tally, reckon
from scripts.command import Script, finish, log

_A_SCENE = 5
"""Passes."""
WANTED = 0.98
NOT_REACHED = f"less than {WANTED:.0%} of the passes are right, or a transit is doubled or false"


@click.command(cls=Script, help=__doc__)
@click.option("--passes", type=click.IntRange(1), default=50, show_default=True, help=f"Rounded up to {_A_SCENE}.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Folder to leave the clips in.")
def main(passes: int, seed: int, keep: Path | None) -> None:
    began, total = time.perf_counter(), Tally()
    reader = build_plate_reader(ReaderSettings())
    with tempfile.TemporaryDirectory(prefix="anpr-passes-") as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(-(-passes // _A_SCENE)):
            total.add(run_scene(folder, reader, seed, number))
            log(f"{total.right} of {total.passes} right")
    reached = total.right >= WANTED * total.passes and not total.doubled and not total.false
    seconds = round(time.perf_counter() - began, 1)
    finish({"ok": reached, **asdict(total), "seed": seed, "seconds": seconds}, [] if reached else [NOT_REACHED])


def run_scene(folder: Path, reader: PlateReader, seed: int, number: int, passes: int = _A_SCENE) -> Tally:
    """Draw it, unless its clip is there, and read it."""
    drawn = scene(seed, number, passes)
    clip = folder / f"{seed}-{drawn.name}.mp4"
    if not clip.exists():
        part = clip.with_suffix(".part")
        encode(HandHeldFilm(drawn), part)
        part.rename(clip)
    transits = transits_of(clip, reader)
    tally = reckon(vehicles_of(drawn), transits)
    if not tally.is_perfect:
        passed = [f"{one.plate} ({one.kind})" for one in drawn.vehicles]
        made = [f"{one.plate} {one.confidence:.2f} {one.direction}" for one in transits]
        click.echo(f"{clip.name}: passed {passed}, made {made}", err=True)
    return tally


def transits_of(clip: Path, reader: PlateReader) -> list[Transit]:
    """As `anpr read` makes them."""
    return [one.transit for one in read_video(clip, reader, ReaderSettings(), SystemClock())]


if __name__ == "__main__":
    main()
