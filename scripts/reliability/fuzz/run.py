"""Give one `anpr read` process thousands of broken and odd pictures, and see that each is read or refused in words.

    scripts/fuzz_reader [--count 10000] [--seed 1]

Plates and scenes are drawn, put into files of five formats, and damaged. One process reads all of them. It must neither
end early, nor say nothing for long, nor grow; each file must come to exactly one line, read or refused. How it goes
stands on standard error; the last line of standard output is one JSON object. The exit status is 1 when something was
wrong; the files that were being read then are named, and `--keep` leaves them in a folder.
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

from scripts.reliability.fuzz.mutants import write_mutants
from scripts.reliability.soak.sample import held_by

HANG_S = 60.0
"""Without a word: hung. The slowest picture takes a second."""
MOST_MB = 1200.0
"""Resident at the peak: 400 MB of models and code, and one picture of the most pixels that are read, decoded."""
_SAY_EVERY = 1000
_END = ""
_SIZE = re.compile(r"\d+ x \d+ px")


@dataclass
class Outcome:
    """What came of the files, by name."""

    read: dict[str, int] = field(default_factory=dict)
    """Plates read in each."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why."""
    other: list[str] = field(default_factory=list)
    """Lines that are neither: what libjpeg and its like say for themselves."""
    peak_mb: float = 0.0
    resident_mb: list[float] = field(default_factory=list)
    """Sampled as the lines come."""
    status: int | None = None
    hung: bool = False
    seconds: float = 0.0
    slowest_ms: float = 0.0


@click.command(help=__doc__)
@click.option("--count", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="A new folder to leave the files in.")
def main(count: int, seed: int, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="anpr-fuzz-") as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=keep is None)
        made = Counter[str]()
        for one in write_mutants(folder, seed, count):
            made[one.damage] += 1
        say(f"{count} files written: {dict(made)}")
        outcome = read_all(folder)
        wrong = complaints(outcome, sorted(path.name for path in folder.iterdir()))
    for complaint in wrong:
        say(f"WRONG: {complaint}")
    click.echo(json.dumps({"ok": not wrong, "wrong": wrong, "count": count, "seed": seed, **figures(outcome)}))
    sys.exit(1 if wrong else 0)


def read_all(folder: Path) -> Outcome:
    """Run the process to its end, or until it hangs."""
    command = [str(Path(sys.executable).parent / "anpr"), "read", "--format", "jsonl", "--explain", str(folder)]
    outcome, began = Outcome(), time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: Queue[str] = Queue()
        pipes = [Thread(target=_listen, args=(pipe, lines), daemon=True) for pipe in (process.stdout, process.stderr)]
        for pipe in pipes:
            pipe.start()
        _hear(process, lines, outcome)
        if outcome.hung:
            process.kill()
        outcome.status = process.wait()
    outcome.seconds = time.monotonic() - began
    return outcome


def _listen(pipe: IO[str], lines: "Queue[str]") -> None:
    for line in pipe:
        lines.put(line)
    lines.put(_END)


def _hear(process: "subprocess.Popen[str]", lines: "Queue[str]", outcome: Outcome) -> None:
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
    if done % _SAY_EVERY == 0 and outcome.resident_mb:
        say(f"{done} files: {outcome.resident_mb[-1]:.0f} MB, {len(outcome.refused)} refused")


def _measure(process: "subprocess.Popen[str]", outcome: Outcome) -> None:
    try:
        resident_mb = held_by(process.pid)[0] / 1024
    except (OSError, KeyError):  # it is about to end
        return
    outcome.resident_mb.append(resident_mb)
    outcome.peak_mb = max(outcome.peak_mb, resident_mb)


def complaints(outcome: Outcome, names: list[str]) -> list[str]:
    """What was not as it must be, in words."""
    seen = {*outcome.read, *outcome.refused}
    missing = [name for name in names if name not in seen]
    found = []
    if outcome.hung:
        found.append(f"nothing said for {HANG_S:g} s at {missing[0] if missing else 'the end'}")
    if outcome.status not in {0, 1}:
        found.append(f"ended with status {outcome.status} at {missing[0] if missing else 'the end'}")
    if missing:
        found.append(f"{len(missing)} files without a word, the first {missing[0]}")
    if twice := sorted({*outcome.read} & {*outcome.refused}):
        found.append(f"{len(twice)} files read and refused, the first {twice[0]}")
    if traces := [line for line in outcome.other if line.startswith("Traceback")]:
        found.append(f"{len(traces)} tracebacks: {outcome.other[-1][:200]}")
    if outcome.peak_mb > MOST_MB:
        found.append(f"{outcome.peak_mb:.0f} MB at the peak, more than {MOST_MB:.0f}")
    return found


def figures(outcome: Outcome) -> dict[str, object]:
    """For the line of JSON."""
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


def say(what: str) -> None:
    """How it goes."""
    click.echo(f"fuzz: {what}", err=True)


if __name__ == "__main__":
    main()
