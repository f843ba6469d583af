# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ablation of the second opinion: crops and drawn plates read without and with it.

    python -m scripts.benchmarks.accuracy.second_opinion CROPS --work WORK [--clip FILE --clip FILE]

CROPS as for training; its split `val` is read, and drawn Italian plates that no training saw. Of clips the transits are
listed, without and with. The cost of asking is the processor's time, all threads together.
"""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

import click
import cv2

from anpr.domain.interval import wilson
from anpr.domain.plate import look_alike_key
from anpr.domain.read import Candidate
from anpr.reader.plates.plate_reader import build_plate_reader, weighed
from anpr.reader.plates.second_opinion import SecondOpinion, build_second_opinion
from anpr.reader.recognise import Recogniser, build_recogniser
from anpr.reader.video import read_video
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings
from scripts.command import CannotRunError, Script, finish
from scripts.training.recogniser.data.samples import read_crops
from scripts.training.recogniser.evaluation import Question, drawn_questions, real_questions
from scripts.training.recogniser.reliability import calibration_error, reliability


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One plate read without, and with, a second opinion."""

    question: Question
    alone: Candidate
    both: Candidate
    asked_ms: float | None
    """Of the processor; None when it was not asked."""


@click.command(cls=Script, help=__doc__)
@click.argument("crops", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for the drawn plates; kept.")
@click.option("--drawn", type=click.IntRange(1), default=300, show_default=True, help="Drawn Italian plates.")
@click.option("--clip", "clips", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(crops: Path, work: Path, drawn: int, clips: tuple[Path, ...]) -> None:
    """Parse the command line and run."""
    cv2.setNumThreads(1)
    settings = ReaderSettings()
    second = build_second_opinion(settings, SystemClock())
    if second is None:
        raise CannotRunError("the settings ask for no second opinion")
    first = build_recogniser(settings.recogniser, settings.threads)
    exam = {"rec val": real_questions(read_crops(crops, "val")), "drawn Italian": drawn_questions(work, drawn)}
    figures = {name: tell(name, answers(first, second, questions)) for name, questions in exam.items()}
    for clip in clips:
        tell_clip(clip, settings, second)
    finish(figures)


def answers(first: Recogniser, second: SecondOpinion, questions: list[Question]) -> list[Answer]:
    """Every question asked once, of both where the first is in doubt."""
    second.ask(questions[0].image, (), patient=True)  # loads the weights
    made = []
    for question in questions:
        reading = first.recognise(question.image)
        alone = weighed(reading)
        both, ms = alone, None
        if second.wants(alone[0].probability if alone else 0.0):
            began = process_time()
            both = second.ask(question.image, alone, patient=True).candidates
            ms = (process_time() - began) * 1000
        made.append(Answer(question=question, alone=_best(alone), both=_best(both), asked_ms=ms))
    return made


def tell(name: str, made: list[Answer]) -> dict[str, object]:
    """Print a few lines for people; the figures for the line of JSON."""
    times = [one.asked_ms for one in made if one.asked_ms is not None]
    cost = median(times) if times else 0.0
    click.echo(f"{name}: {len(made)} plates, asked about {len(times)}, {cost:.0f} ms of the processor (median)")
    figures: dict[str, object] = {"plates": len(made), "asked": len(times), "cpu_ms": round(cost)}
    for label, reads in (("alone", [one.alone for one in made]), ("both", [one.both for one in made])):
        pairs = [(read, one.question.text) for read, one in zip(reads, made, strict=True)]
        strict = sum(read.text == text for read, text in pairs)
        folded = sum(look_alike_key(read.text) == look_alike_key(text) for read, text in pairs)
        low, high = wilson(strict, len(made))
        figures |= {f"{label}_strict": strict, f"{label}_folded": folded}
        bins = reliability([(read.probability, read.text == text) for read, text in pairs])
        click.echo(
            f"  {label:<6} strict {strict} ({strict / len(made):.3f} [{low:.2f}-{high:.2f}]), folded {folded} "
            f"({folded / len(made):.3f}), calibration error {calibration_error(bins):.3f}"
        )
    changed = [one for one in made if one.both.text != one.alone.text]
    mended = sum(one.both.text == one.question.text for one in changed)
    spoiled = sum(one.alone.text == one.question.text for one in changed)
    click.echo(f"  changed {len(changed)}: mended {mended}, spoiled {spoiled}")
    return {**figures, "changed": len(changed), "mended": mended, "spoiled": spoiled}


def tell_clip(clip: Path, settings: ReaderSettings, second: SecondOpinion) -> None:
    """The transits of a clip, without and with it."""
    reader = build_plate_reader(settings)
    for label, asked in (("alone", None), ("both", second)):
        made = list(read_video(clip, reader, settings, SystemClock(), asked))
        told = ", ".join(f"{one.transit.plate} {one.transit.confidence:.2f}" for one in made)
        questions = sum(one.second_raw is not None for one in made)
        click.echo(f"{clip.name} {label}: {told or 'no transit'}; answered about {questions}")


def _best(candidates: tuple[Candidate, ...]) -> Candidate:
    return candidates[0] if candidates else Candidate(text="", probability=0.0)


if __name__ == "__main__":
    main()
