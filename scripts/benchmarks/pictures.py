"""Measure this reader and its peers on the same pictures, in one run.

    scripts/benchmark FOLDER… [--json FILE] [--doc docs/benchmarks.md] [--threads 1]

Each FOLDER holds a truth.csv (see `anpr evaluate --help`). The table goes to standard output; --json writes all figures
for machines; --doc writes a section for each folder into that file, in place of the one of the last run.

The peer is rapidocr as it comes from the package registry, given whole pictures: it finds text, not plates, so of its
lines those count that could be a plate (4 to 10 letters and figures, one figure at least).
"""

import json
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from anpr.clock import SystemClock
from anpr.domain.errors import AnprError, MediaError
from anpr.domain.read import Box
from anpr.reader.evaluate import Picture, Scores, load_pictures, score
from anpr.reader.evaluate.report import as_object
from anpr.reader.evaluate.run import Reads, our_reader, run
from anpr.reader.evaluate.score import Answer, Group
from anpr.reader.image_file import Image
from anpr.reader.plates import build_plate_reader
from anpr.settings import ReaderSettings
from scripts.benchmarks.machine import conditions

_PLATE = re.compile(r"(?=.*[0-9])[0-9A-ZÄÖÜ]{4,10}")


def rapidocr_reader(threads: int) -> Reads:
    """Plain rapidocr on the whole picture."""
    from rapidocr import RapidOCR  # noqa: PLC0415  a second, and it logs

    ocr = RapidOCR(
        params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": threads},
    )

    def read(image: Image, _: Picture) -> list[Answer]:
        result: Any = ocr(image)
        if result.txts is None or result.boxes is None:
            return []
        return [
            Answer(text=text, box=_box(corners))
            for text, corners in zip(map(_signs, result.txts), result.boxes, strict=True)
            if _PLATE.fullmatch(text)
        ]

    return read


def _signs(text: str) -> str:
    return re.sub(r"[^0-9A-ZÄÖÜ]", "", text.upper())


def _box(corners: Any) -> Box:
    xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
    return Box(x=min(xs), y=min(ys), w=max(1.0, max(xs) - min(xs)), h=max(1.0, max(ys) - min(ys)))


def readers(threads: int) -> dict[str, Reads]:
    """Name and reader, ours first."""
    return {
        "anpr": our_reader(build_plate_reader(ReaderSettings(threads=threads))),
        f"rapidocr {version('rapidocr')}, whole picture": rapidocr_reader(threads),
    }


def measure(pictures: Sequence[Picture], reads: Reads) -> Scores:
    """One reader's scores; the first picture is read twice, so that loading does not count."""
    faults: list[MediaError] = []
    run(pictures[:1], reads, SystemClock(), faults.append)
    faults.clear()
    results = run(pictures, reads, SystemClock(), faults.append)
    for fault in faults:
        click.echo(f"error: {fault}", err=True)
    return score(results, unreadable=len(faults))


def table(scores: dict[str, Scores]) -> list[str]:
    """A Markdown table: each reader in all, then by kind, lines and country."""
    lines = [
        "| reader | plates | n | found | strict | look-alike folded | false a picture | ms a picture |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in scores.items():
        rate = one.false_reads / one.pictures if one.pictures else 0.0
        lines.append(_row(name, "all", one.total, f"{rate:.3f} | {one.ms_median:.0f}"))
        for by in ("kind", "lines", "country"):
            groups = one.groups[by]
            lines += [_row(name, f"{by} {value}", group, " | ") for value, group in groups.items() if len(groups) > 1]
    return lines


def _row(name: str, what: str, group: Group, rest: str) -> str:
    cells = [
        f"{share:.3f} [{low:.2f}–{high:.2f}]" for share, low, high in map(group.share, ("found", "strict", "folded"))
    ]
    return f"| {name} | {what} | {group.plates} | {' | '.join(cells)} | {rest} |"


def write_section(doc: Path, name: str, lines: Sequence[str]) -> None:
    """Put these lines between the markers of `name` in `doc`, at its end when it has none yet."""
    start, end = f"<!-- benchmark {name} -->", f"<!-- end of benchmark {name} -->"
    section = "\n".join([start, *lines, end])
    text = doc.read_text(encoding="utf-8") if doc.exists() else "# Benchmarks\n"
    before, found, rest = text.partition(start)
    after = rest.partition(end)[2] if found else "\n"
    doc.write_text(f"{before if found else before + chr(10)}{section}{after}", encoding="utf-8")


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--doc", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Of each reader.")
def main(folders: tuple[Path, ...], json_file: Path | None, doc: Path | None, threads: int) -> None:
    """Measure this reader and its peers on the pictures of FOLDERS."""
    try:
        sets = {folder.resolve().name: load_pictures(folder) for folder in folders}
        candidates = readers(threads)
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc
    facts = conditions(threads)
    report: dict[str, Any] = {"conditions": facts, "sets": {}}
    for name, pictures in sets.items():
        scores = {who: measure(pictures, reads) for who, reads in candidates.items()}
        lines = [f"## {name}: {len(pictures)} pictures", "", _describe(facts), "", *table(scores)]
        click.echo("\n".join(lines) + "\n")
        report["sets"][name] = {who: as_object(one) for who, one in scores.items()}
        if doc is not None:
            write_section(doc, name, lines)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


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
