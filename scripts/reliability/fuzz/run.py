# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzz test of the reader: gives one `anpr read` process thousands of broken and odd images.

    make fuzz ARGS="[--quick] [--count 10000] [--seed 1] [--keep FOLDER]"
    python -m scripts.reliability.fuzz.run …

Plates and scenes are drawn, put into files of five formats, and damaged. One process reads all of them. It must neither
end early, nor hang, nor grow; it must write exactly one line for each file, read or refused. Progress goes to standard
error; the last line of standard output is one JSON object. The exit status is 1 when something was wrong; the files
that were being read then are named, and `--keep` leaves them in a folder.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO

import click

from scripts.command import Script, finish, log
from scripts.lab.held import held_by
from scripts.reliability.fuzz.mutants import write_mutants

HANG_S = 60.0
"""A process without output for so long hangs. The slowest image takes a second."""
MOST_MB = 1200.0
"""Bound of the resident memory: 400 MB of models and code, and one decoded image of the most pixels that are read."""
_LOG_EVERY = 1000
QUICK_COUNT = 150
_END = ""
_SIZE = re.compile(r"\d+ x \d+ px")


@dataclass
class Outcome:
    """Result of a run, by file name."""

    read: dict[str, int] = field(default_factory=dict)
    """Number of plates read in each file."""
    refused: dict[str, str] = field(default_factory=dict)
    """Reason of each refusal."""
    other: list[str] = field(default_factory=list)
    """Other lines, such as warnings of libjpeg."""
    peak_mb: float = 0.0
    resident_mb: list[float] = field(default_factory=list)
    """Resident memory, sampled at each line."""
    status: int | None = None
    hung: bool = False
    seconds: float = 0.0
    slowest_ms: float = 0.0


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help=f"{QUICK_COUNT} files.")
@click.option("--count", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="A new folder to leave the files in.")
def main(quick: bool, count: int, seed: int, keep: Path | None) -> None:
    count = QUICK_COUNT if quick else count
    with tempfile.TemporaryDirectory(prefix="anpr-fuzz-") as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=keep is None)
        made = Counter[str]()
        for one in write_mutants(folder, seed, count):
            made[one.mutation] += 1
        log(f"{count} files written: {dict(made)}")
        outcome = read_all(folder)
        wrong = complaints(outcome, sorted(path.name for path in folder.iterdir()))
    finish({"ok": not wrong, "wrong": wrong, "count": count, "seed": seed, **figures(outcome)}, wrong)


def read_all(folder: Path) -> Outcome:
    """Run the process to its end, or until it hangs."""
    command = [str(Path(sys.executable).parent / "anpr"), "read", "--format", "jsonl", "--explain", str(folder)]
    outcome, began = Outcome(), time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: Queue[str] = Queue()
        pipes = [
            Thread(target=_read_lines, args=(pipe, lines), daemon=True) for pipe in (process.stdout, process.stderr)
        ]
        for pipe in pipes:
            pipe.start()
        _follow(process, lines, outcome)
        if outcome.hung:
            process.kill()
        outcome.status = process.wait()
    outcome.seconds = time.monotonic() - began
    return outcome


def _read_lines(pipe: IO[str], lines: "Queue[str]") -> None:
    for line in pipe:
        lines.put(line)
    lines.put(_END)


def _follow(process: "subprocess.Popen[str]", lines: "Queue[str]", outcome: Outcome) -> None:
    open_pipes = 2
    while open_pipes:
        try:
            line = lines.get(timeout=HANG_S)
        except Empty:
            outcome.hung = True
            return
        if line == _END:
            open_pipes -= 1
            continue
        _note(outcome, line.rstrip("\n"))
        _measure(process, outcome)


def _note(outcome: Outcome, line: str) -> None:
    if line.startswith("{"):
        fields = json.loads(line)
        outcome.read[Path(fields["file"]).name] = len(fields["plates"])
        outcome.slowest_ms = max(outcome.slowest_ms, fields["ms"])
    elif line.startswith("error: "):
        path, _, why = line.removeprefix("error: ").partition(": ")
        outcome.refused[Path(path).name] = why
    elif not line.endswith(" files"):  # progress
        outcome.other.append(line)
    done = len(outcome.read) + len(outcome.refused)
    if done % _LOG_EVERY == 0 and outcome.resident_mb:
        log(f"{done} files: {outcome.resident_mb[-1]:.0f} MB, {len(outcome.refused)} refused")


def _measure(process: "subprocess.Popen[str]", outcome: Outcome) -> None:
    try:
        resident_mb = held_by(process.pid)[0] / 1024
    except (OSError, KeyError):  # it is about to end
        return
    outcome.resident_mb.append(resident_mb)
    outcome.peak_mb = max(outcome.peak_mb, resident_mb)


def complaints(outcome: Outcome, names: list[str]) -> list[str]:
    """One message for each requirement that was not met."""
    seen = {*outcome.read, *outcome.refused}
    missing = [name for name in names if name not in seen]
    found = []
    if outcome.hung:
        found.append(f"no output for {HANG_S:g} s at {missing[0] if missing else 'the end'}")
    if outcome.status not in {0, 1}:
        found.append(f"ended with status {outcome.status} at {missing[0] if missing else 'the end'}")
    if missing:
        found.append(f"{len(missing)} files without a line, the first {missing[0]}")
    if twice := sorted({*outcome.read} & {*outcome.refused}):
        found.append(f"{len(twice)} files read and refused, the first {twice[0]}")
    if traces := [line for line in outcome.other if line.startswith("Traceback")]:
        found.append(f"{len(traces)} tracebacks: {outcome.other[-1][:200]}")
    if outcome.peak_mb > MOST_MB:
        found.append(f"{outcome.peak_mb:.0f} MB at the peak, more than {MOST_MB:.0f}")
    return found


def figures(outcome: Outcome) -> dict[str, object]:
    """Figures for the line of JSON."""
    resident = outcome.resident_mb or [0.0]
    tenth = max(1, len(resident) // 10)
    return {
        "read": len(outcome.read),
        "plates": sum(outcome.read.values()),
        "refused": dict(Counter(_SIZE.sub("W x H px", why) for why in outcome.refused.values())),
        "seconds": round(outcome.seconds, 1),
        "slowest_ms": outcome.slowest_ms,
        "peak_mb": round(outcome.peak_mb),
        "rss_mb_after_a_tenth": round(resident[tenth - 1]),
        "rss_mb_at_the_end": round(resident[-1]),
        "status": outcome.status,
    }


if __name__ == "__main__":
    main()
