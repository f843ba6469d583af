"""Run one real reader for long on clips that start again and again, and see whether what it holds grows.

    scripts/soak [--minutes 60] [--real ../shared/data/video] [--samples FILE.csv]

The demo's drawn clips and the videos in the folder --real are served over RTSP in real time; one `anpr reader` process
looks at all of them, and its outbox is emptied as ingest would. Its memory, threads, file descriptors and counters are
sampled. How it goes stands on standard error; the last line of standard output is one JSON object with the verdict. The
exit status is 1 when something grew, fell over or was not done.
"""

import csv
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from subprocess import Popen

import click

from anpr.runtime.clock import Clock, SystemClock
from scripts.reliability.soak.clips import soak_clips
from scripts.reliability.soak.environment import Centre, running_reader, served
from scripts.reliability.soak.sample import Sample, take_sample
from scripts.reliability.soak.verdict import judge

_REAL = Path("../shared/data/video")
_SAY_EVERY_S = 300.0
_SILENT_FOR_S = 180.0
"""A reader on a machine that is overloaded answers late; one that is silent for this long is not answering."""
_HELD = {"at_s", "rss_mb", "threads", "descriptors"}
"""Said by the verdict."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, in seconds."""

    lasts: float
    warm_up: float
    every: float


@click.command(help=__doc__)
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
def main(
    *, minutes: float, warm_up: float | None, every: float, real: Path, clips: Path | None, samples: Path | None
) -> None:
    plan = Plan(lasts=minutes * 60, warm_up=60 * (minutes / 6 if warm_up is None else warm_up), every=every)
    if not real.is_dir():
        say(f"{real} is not there: drawn clips only")
    with tempfile.TemporaryDirectory(prefix="anpr-soak-") as name:
        folder = Path(name)
        shown = soak_clips(clips or folder / "clips", real if real.is_dir() else None)
        taken, delivered = soak(folder, shown, plan, samples)
    verdict = judge(taken, plan.warm_up)
    wrong = [*verdict.wrong, *_undelivered(taken[-1], delivered)]
    for one in wrong:
        say(f"WRONG: {one}")
    counts = {name: value for name, value in asdict(taken[-1]).items() if name not in _HELD}
    cameras = {"cameras": len(shown), "delivered": delivered}
    click.echo(json.dumps({**verdict.fields(), "wrong": wrong, "flat": not wrong, **cameras, **counts}))
    sys.exit(1 if wrong else 0)


def _undelivered(last: Sample, delivered: int) -> list[str]:
    """What was made must have reached the centre."""
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
        say(f"{len(clips)} cameras for {plan.lasts / 60:g} minutes: {', '.join(clip.name for clip in clips)}")
        try:
            taken = _write(file, _samples(process, metrics, plan, clock))
        except (OSError, ValueError):
            say((folder / "reader.log").read_text(encoding="utf-8", errors="replace")[-4000:])
            raise
        if centre.error is not None:
            raise centre.error
    return taken, centre.transits


def _samples(process: "Popen[bytes]", metrics: str, plan: Plan, clock: Clock) -> Iterator[Sample]:
    began, told, never = clock.monotonic(), 0.0, threading.Event()
    answered_s = 0.0
    while (at_s := clock.monotonic() - began) < plan.lasts:
        if process.poll() is not None:
            raise ChildProcessError(f"the reader ended by itself after {at_s:.0f} s, status {process.returncode}")
        try:
            sample = take_sample(process.pid, metrics, at_s)
        except OSError:
            if at_s - answered_s > _SILENT_FOR_S:
                raise
            clock.wait(never, 0.5)
            continue
        answered_s = at_s
        yield sample
        if at_s - told >= _SAY_EVERY_S:
            told = at_s
            say(f"{at_s / 60:.0f} min: {sample.rss_mb:.0f} MB, {sample.threads} threads, {sample.transits} transits")
        clock.wait(never, plan.every)


def _write(file: Path | None, samples: Iterator[Sample]) -> list[Sample]:
    """Keep them all, and write each one down as it comes."""
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


def say(what: str) -> None:
    """How it goes."""
    click.echo(f"soak: {what}", err=True)


if __name__ == "__main__":
    main()
