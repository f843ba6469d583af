# SPDX-License-Identifier: AGPL-3.0-or-later
"""Soak test of the reader: runs one for long on looped clips and judges whether its memory, threads or files grow.

    make soak ARGS="[--quick] [--minutes 60] [--real ../shared/data/video] [--samples FILE.csv]"
    python -m scripts.reliability.soak.run …

The demo's drawn clips and the videos in the folder --real are served over RTSP in real time; one `anpr reader` process
looks at all of them, and its outbox is emptied as ingest would. Its memory, threads, file descriptors and counters are
sampled. Progress goes to standard error; the last line of standard output is one JSON object with the verdict. The
exit status is 1 when something grew, crashed or was not done. --quick shows one short drawn clip for half a minute: the
reader must work, but growth is not judged, because half a minute says nothing about it.
"""

import csv
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from subprocess import Popen

import click

from anpr.runtime.clock import Clock, SystemClock
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.street import draw_street
from scripts.reliability.soak.clips import soak_clips
from scripts.reliability.soak.environment import Centre, running_reader, served
from scripts.reliability.soak.sample import Sample, take_sample
from scripts.reliability.soak.verdict import LEAST_SAMPLES, judge

_REAL = Path("../shared/data/video")
_LOG_EVERY_S = 300.0
_SILENT_FOR_S = 180.0
"""On an overloaded machine a reader answers late; one that is silent for so long does not answer at all."""
_HELD = {"at_s", "rss_mb", "threads", "descriptors"}
"""Fields of a sample that the verdict sums up."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Durations in seconds."""

    lasts: float
    warm_up: float
    every: float
    judges_growth: bool = True


QUICK = Plan(lasts=35, warm_up=10, every=1, judges_growth=False)


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help="One short drawn clip for half a minute.")
@click.option("--minutes", type=click.FloatRange(0.1), default=60.0, show_default=True)
@click.option(
    "--warm-up",
    type=click.FloatRange(0),
    help="Minutes at the start that do not count; a sixth of it all if not given.",
)
@click.option("--every", type=click.FloatRange(0.2), default=10.0, show_default=True, help="Seconds between samples.")
@click.option(
    "--real",
    type=click.Path(path_type=Path, file_okay=False),
    default=_REAL,
    show_default=True,
    help="Folder of videos to show besides the drawn clips; left out, and said so, when it does not exist.",
)
@click.option("--clips", type=click.Path(path_type=Path, file_okay=False), help="Where to keep the clips made ready.")
@click.option("--samples", type=click.Path(path_type=Path, dir_okay=False), help="Write every sample to this CSV file.")
def main(*, quick: bool, minutes: float, warm_up: float | None, every: float, real: Path, **kept: Path | None) -> None:
    plan = Plan(lasts=minutes * 60, warm_up=60 * (minutes / 6 if warm_up is None else warm_up), every=every)
    with tempfile.TemporaryDirectory(prefix="anpr-soak-") as name:
        folder = Path(name)
        if quick:
            plan, shown = QUICK, [draw_street(folder / "clips")]
        else:
            shown = _clips(kept["clips"] or folder / "clips", real)
        taken, delivered = soak(folder, shown, plan, kept["samples"])
    verdict = judge(taken, plan.warm_up, judges_growth=plan.judges_growth)
    wrong = [*verdict.wrong, *_undelivered(taken[-1], delivered)]
    counts = {name: value for name, value in asdict(taken[-1]).items() if name not in _HELD}
    cameras = {"cameras": len(shown), "delivered": delivered}
    finish({**verdict.fields(), "wrong": wrong, "flat": not wrong, **cameras, **counts}, wrong)


def _clips(folder: Path, real: Path) -> list[Path]:
    if not real.is_dir():
        log(f"{real} is not there: drawn clips only")
    return soak_clips(folder, real if real.is_dir() else None)


def _undelivered(last: Sample, delivered: int) -> list[str]:
    """A message when not every transit reached the centre."""
    return [f"{last.transits} transits made, {delivered} delivered"] if delivered < last.transits else []


def soak(folder: Path, clips: list[Path], plan: Plan, file: Path | None) -> tuple[list[Sample], int]:
    """The samples, and how many transits came out of the outbox."""
    clock = SystemClock()
    (folder / "data").mkdir()
    with ExitStack() as stack:
        urls = stack.enter_context(served(clips))
        process, metrics = stack.enter_context(running_reader(folder, urls))
        centre = Centre(folder / "data" / "outbox.sqlite", clock)
        stack.callback(centre.stop)
        centre.start()
        log(f"{len(clips)} cameras for {plan.lasts / 60:g} minutes: {', '.join(clip.name for clip in clips)}")
        try:
            taken = _write(file, _samples(process, metrics, plan, clock))
        except (OSError, ValueError, CannotRunError):
            log((folder / "reader.log").read_text(encoding="utf-8", errors="replace")[-4000:])
            raise
        if centre.error is not None:
            raise centre.error
    return taken, centre.transits


def _samples(process: "Popen[bytes]", metrics: str, plan: Plan, clock: Clock) -> Iterator[Sample]:
    """Samples from the first answer on; more of them than the plan's time gives when the machine is slow."""
    never, kept, logged_s = threading.Event(), 0, 0.0
    began = clock.monotonic()
    _sample(process, metrics, began, clock)  # once it answers, it has started
    began = clock.monotonic()
    while (at_s := clock.monotonic() - began) < plan.lasts or kept < LEAST_SAMPLES:
        sample = _sample(process, metrics, began, clock)
        kept += sample.at_s >= plan.warm_up
        yield sample
        if at_s - logged_s >= _LOG_EVERY_S:
            logged_s = at_s
            log(f"{at_s / 60:.0f} min: {sample.rss_mb:.0f} MB, {sample.threads} threads, {sample.transits} transits")
        clock.wait(never, plan.every)


def _sample(process: "Popen[bytes]", metrics: str, began: float, clock: Clock) -> Sample:
    """One sample; asks again for _SILENT_FOR_S. Raises OSError after that, CannotRunError when the reader has ended."""
    asked, never = clock.monotonic(), threading.Event()
    while True:
        at_s = clock.monotonic() - began
        if process.poll() is not None:
            raise CannotRunError(f"the reader ended by itself after {at_s:.0f} s, status {process.returncode}")
        try:
            return take_sample(process.pid, metrics, at_s)
        except OSError:
            if clock.monotonic() - asked > _SILENT_FOR_S:
                raise
        clock.wait(never, 0.5)


def _write(file: Path | None, samples: Iterator[Sample]) -> list[Sample]:
    """Collect all samples; write each to the file as it comes."""
    if file is None:
        return list(samples)
    taken = []
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.DictWriter(out, [field.name for field in fields(Sample)])
        rows.writeheader()
        for sample in samples:
            rows.writerow(asdict(sample))
            out.flush()
            taken.append(sample)
    return taken


if __name__ == "__main__":
    main()
