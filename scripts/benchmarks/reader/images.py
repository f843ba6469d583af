# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accuracy and speed of this reader and its peers on the same images, in one run.

    make benchmark-reader ARGS="[--quick] [FOLDER…] [--json FILE] [--doc docs/benchmarks.md] [--threads 1]"
    python -m scripts.benchmarks.reader.images …

A FOLDER holds a truth.csv, a labels.csv (cut-out plates) or a manifest.csv with labels/ (scenes of which only the
plates' places are known); see `anpr evaluate --help`. The table goes to standard output, and after it all figures as
one line of JSON; --json writes them to a file, too; --doc writes a section for each folder into that file, in place of
the one of the last run. The peers, and what they are given, are described in scripts/benchmarks/reader/peers.py.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from anpr.domain.errors import MediaError
from anpr.reader.evaluate import SPLITS, LabelledImage, Scores, load_images, score
from anpr.reader.evaluate.report import as_object
from anpr.reader.evaluate.run import Reads, run
from anpr.reader.evaluate.score import Group
from anpr.runtime.clock import SystemClock
from scripts.benchmarks.machine import conditions
from scripts.benchmarks.reader.peers import readers
from scripts.command import CannotRunError, Script, finish, log
from scripts.repository import REPOSITORY

DEFAULT_FOLDER = REPOSITORY.parent / "shared" / "data" / "italian"
QUICK_IMAGES = 12
"""Of each folder, spread over it."""


def measure(pictures: Sequence[LabelledImage], reads: Reads) -> Scores:
    """One reader's scores; the first image is read twice, so that loading does not count."""
    faults: list[MediaError] = []
    run(pictures[:1], reads, SystemClock(), faults.append)
    faults.clear()
    results = run(pictures, reads, SystemClock(), faults.append)
    for fault in faults:
        log(f"error: {fault}")
    return score(results, unreadable=len(faults))


def table(scores: dict[str, Scores]) -> list[str]:
    """A Markdown table: each reader in all, then by kind, lines and country."""
    lines = [
        "| reader | plates | n | found | strict | look-alike folded | false a picture | ms a picture |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in scores.items():
        rate = one.false_reads / one.images if one.images else 0.0
        lines.append(_row(name, "all", one.total, f"{rate:.3f} | {one.ms_median:.0f}"))
        for by in ("kind", "lines", "light", "width", "country"):
            groups = one.groups[by]
            lines += [_row(name, f"{by} {value}", group, " | ") for value, group in groups.items() if len(groups) > 1]
    return lines


def _row(name: str, what: str, group: Group, rest: str) -> str:
    cells = [_cell(group, name) for name in ("found", "strict", "folded")]
    return f"| {name} | {what} | {group.plates} | {' | '.join(cells)} | {rest} |"


def _cell(group: Group, name: str) -> str:
    if not group.of(name):
        return "not known"
    share, low, high = group.share(name)
    return f"{share:.3f} [{low:.2f}–{high:.2f}]"


def write_section(doc: Path, name: str, lines: Sequence[str]) -> None:
    """Put these lines between the markers of `name` in `doc`, at its end when it has none yet."""
    start, end = f"<!-- benchmark {name} -->", f"<!-- end of benchmark {name} -->"
    section = "\n".join([start, *lines, end])
    text = doc.read_text(encoding="utf-8") if doc.exists() else "# Benchmarks\n"
    before, found, rest = text.partition(start)
    after = rest.partition(end)[2] if found else "\n"
    doc.write_text(f"{before if found else before + chr(10)}{section}{after}", encoding="utf-8")


@click.command(cls=Script)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help=f"{QUICK_IMAGES} images of each FOLDER.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="All figures, for machines.")
@click.option("--doc", type=click.Path(path_type=Path, dir_okay=False), help="Write a section for each FOLDER into it.")
@click.option("--split", type=click.Choice(SPLITS), default="val", show_default=True, help="Where a folder has it.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Of each reader.")
def main(
    *, folders: tuple[Path, ...], quick: bool, json_file: Path | None, doc: Path | None, split: str, threads: int
) -> None:
    """Measure this reader and its peers on the images of FOLDERS, whose plates are known [../shared/data/italian].

    A FOLDER holds truth.csv, labels.csv (cut-out plates) or manifest.csv and labels/ (scenes with boxes); `anpr
    evaluate --help` tells their columns. Every reader reads the same images in this run, one after the other. Peers:
    rapidocr on whole images; PP-OCR and, where it is installed, tesseract on what our detector finds.
    """
    chosen = folders or (DEFAULT_FOLDER,)
    sets = {folder.resolve().name: _load(folder, split, quick) for folder in chosen}
    candidates = readers(threads)
    facts = conditions(threads)
    report: dict[str, Any] = {"conditions": facts, "sets": {}}
    for name, pictures in sets.items():
        log(f"{name}: {len(pictures)} images, {len(candidates)} readers")
        scores = {who: measure(pictures, reads) for who, reads in candidates.items()}
        lines = [f"## {name}: {len(pictures)} pictures", "", _describe(facts), "", *table(scores)]
        click.echo("\n".join(lines) + "\n")
        report["sets"][name] = {who: as_object(one) for who, one in scores.items()}
        if doc is not None:
            write_section(doc, name, lines)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    finish(report)


def _load(folder: Path, split: str, quick: bool) -> list[LabelledImage]:
    if not folder.is_dir():
        raise CannotRunError(f"{folder} is not there: name a folder of images whose plates are known")
    found = load_images(folder, split)
    return found[:: max(1, len(found) // QUICK_IMAGES)][:QUICK_IMAGES] if quick else found


def _describe(facts: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    models = ", ".join(f"{name} {number}" for name, number in facts["models"].items())
    return (
        f"{facts['date']}, {facts['cpu']}, {facts['threads']} thread(s) each, load average {facts['load']} at the "
        f"start, Python {facts['python']}, {packages}; "
        f"{models}. Brackets: 95 % intervals (Wilson). ms: median, decoding of the file left out."
    )


if __name__ == "__main__":
    main()
