# SPDX-License-Identifier: AGPL-3.0-or-later
"""Comparison of recognisers on the same plates, side by side.

    python -m scripts.training.compare_recognisers CROPS --work WORK --model NAME --model NAME

CROPS holds images/ and labels.csv as for training; its split `val` is read, and drawn Italian plates that no training
saw (painted into WORK). Each figure is the share read right, with its 95 % interval by Wilson, through the reader's
own path: bands painted, lines cut apart, two looks, formats weighed.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import cv2

from anpr.domain.errors import AnprError
from anpr.domain.interval import wilson
from anpr.reader.recognise import build_recogniser
from anpr.settings import RecogniserSettings
from scripts.training.recogniser.data.samples import read_crops
from scripts.training.recogniser.evaluation import Mark, Question, drawn_questions, examine, real_questions
from scripts.training.recogniser.reliability import calibration_error, reliability

_BY: dict[str, Callable[[Question], str]] = {
    "lines": lambda question: str(question.lines),
    "country": lambda question: question.country,
}


@click.command(help=__doc__)
@click.argument("crops", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for the drawn plates; kept.")
@click.option("--model", "models", multiple=True, required=True, help="A card's name or path; several times.")
@click.option("--drawn", type=click.IntRange(0), default=500, show_default=True, help="Drawn Italian plates.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def main(crops: Path, work: Path, models: tuple[str, ...], drawn: int, as_json: bool) -> None:
    """Parse the command line and run."""
    cv2.setNumThreads(1)
    try:
        sets = {"rec val": real_questions(read_crops(crops, "val")), "drawn Italian": drawn_questions(work, drawn)}
        found = {name: compare(models, questions) for name, questions in sets.items() if questions}
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc
    if as_json:
        click.echo(json.dumps({name: summary(marks) for name, marks in found.items()}, indent=2, ensure_ascii=False))
        return
    for name, marks in found.items():
        click.echo("\n".join(table(name, marks)))


def compare(models: Sequence[str], questions: Sequence[Question]) -> dict[str, list[Mark]]:
    """Each model's marks, on one thread."""
    return {model: examine(build_recogniser(RecogniserSettings(model=model), threads=1), questions) for model in models}


def table(name: str, marks: dict[str, list[Mark]]) -> Iterator[str]:
    """Lines of text: one block a set of questions, one column a model."""
    yield f"{name}: strict / look-alike folded, [95 % interval]"
    yield f"{'':<30}{'n':>5}  " + "".join(f"{Path(model).stem:<46}" for model in marks)
    for label, chosen in groups(marks):
        first = next(iter(chosen.values()))
        yield f"{label:<30}{len(first):>5}  " + "".join(f"{_shares(some):<46}" for some in chosen.values())
    for model, every in marks.items():
        bins = reliability([(mark.confidence, mark.strict) for mark in every])
        yield f"{Path(model).stem}: {median(mark.ms for mark in every):.1f} ms a crop (median), "\
              f"calibration error {calibration_error(bins):.3f}"  # fmt: skip
        for one in bins:
            yield f"    said {one.confidence:.2f}, right {one.right / one.reads:.2f} of {one.reads}"


def groups(marks: dict[str, list[Mark]]) -> Iterator[tuple[str, dict[str, list[Mark]]]]:
    """All marks, then those of each number of lines and of each country."""
    yield "all", marks
    for name, key in _BY.items():
        values = sorted({key(mark.question) for every in marks.values() for mark in every})
        for value in values:
            yield (
                f"{name} {value}",
                {model: [mark for mark in every if key(mark.question) == value] for model, every in marks.items()},
            )


def summary(marks: dict[str, list[Mark]]) -> dict[str, Any]:
    """The same as an object."""
    made: dict[str, Any] = {}
    for model, every in marks.items():
        bins = reliability([(mark.confidence, mark.strict) for mark in every])
        made[Path(model).stem] = {
            "ms_median": round(median(mark.ms for mark in every), 2),
            "calibration_error": round(calibration_error(bins), 4),
            "groups": {label: _figures(chosen[model]) for label, chosen in groups({model: every})},
        }
    return made


def _figures(marks: list[Mark]) -> dict[str, Any]:
    strict, folded = sum(mark.strict for mark in marks), sum(mark.folded for mark in marks)
    return {"n": len(marks), "strict": strict, "strict_interval": [round(v, 4) for v in wilson(strict, len(marks))],
            "folded": folded, "folded_interval": [round(v, 4) for v in wilson(folded, len(marks))]}  # fmt: skip


def _shares(marks: list[Mark]) -> str:
    return " / ".join(_share(sum(hits), len(marks)) for hits in (
        [mark.strict for mark in marks], [mark.folded for mark in marks]))  # fmt: skip


def _share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits / of if of else 0.0:.3f} [{low:.2f}-{high:.2f}]"


if __name__ == "__main__":
    main()
