# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calibration: finds a recogniser's temperature and doubt, and writes them into its model card.

    python -m scripts.training.calibrate_recogniser CROPS --work WORK [--model plate_recogniser_small] [--write]

Found on the crops of split `train`, each worn once more in a way that no training saw, and on drawn plates of other
numbers than the training's; told for the split `val`, which has no part in it. Run it after every training. With
--diagram a reliability diagram (SVG) of `val` and of drawn Italian plates is written; with --as-shipped nothing is
looked for, and what the card's own numbers do is told.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from anpr.domain.errors import AnprError
from anpr.reader.network.model_card import Calibration, load_card
from anpr.reader.recognise import Reading, build_recogniser
from anpr.settings import RecogniserSettings
from scripts.training.recogniser.calibration import fitted, judged, surprise
from scripts.training.recogniser.data.augment import as_seen
from scripts.training.recogniser.data.drawn import draw_set
from scripts.training.recogniser.data.samples import Crop, from_drawn, read_crops
from scripts.training.recogniser.diagram import diagram
from scripts.training.recogniser.evaluation import Question, drawn_questions, real_questions
from scripts.training.recogniser.reliability import calibration_error, reliability

SEED = 505
"""Neither the training's nor the exam's."""
DRAWN = 1600


@dataclass(frozen=True, kw_only=True)
class Exam:
    """Which recogniser is asked, and with what."""

    crops: Path
    work: Path
    model: str
    limit: int


@click.command(help=__doc__)
@click.argument("crops", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for the drawn plates; kept.")
@click.option("--model", default="plate_recogniser_small", show_default=True, help="A card's name or path.")
@click.option("--limit", type=click.IntRange(1), default=4000, show_default=True, help="Plates of each kind at most.")
@click.option("--write", is_flag=True, help="Write what was found into the card.")
@click.option("--as-shipped", is_flag=True, help="Take the card's calibration.")
@click.option("--diagram", "picture", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the SVG.")
def main(crops: Path, work: Path, model: str, limit: int, **asked: Any) -> None:
    """Parse the command line and run."""
    cv2.setNumThreads(1)
    exam = Exam(crops=crops, work=work, model=model, limit=limit)
    try:
        how = load_card(model, "recognise").calibration if asked["as_shipped"] else found(exam)
        click.echo(f"{model}: temperature {how.temperature}, doubt {how.doubt}")
        tell(exam, how, asked["picture"])
        if asked["write"]:
            write_into_card(model, how)
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc


def found(exam: Exam) -> Calibration:
    """What makes the recogniser's claims come true. Raises InputError and ModelError."""
    drawn = from_drawn(draw_set(exam.work / "calibrate", min(DRAWN, exam.limit), SEED, click.echo, shard=50))
    return fitted(answers(exam.model, worn([*read_crops(exam.crops, "train")[: exam.limit], *drawn])))


def tell(exam: Exam, how: Calibration, picture: Path | None) -> None:
    """What a calibration does to plates that had no part in it; a diagram of it where one is asked for."""
    curves = {}
    questions_of = {
        "rec val": real_questions(read_crops(exam.crops, "val")[: exam.limit]),
        "drawn Italian": drawn_questions(exam.work / "exam", min(500, exam.limit)),
    }
    for name, questions in questions_of.items():
        made = judged(answers(exam.model, questions), how)
        curves[name] = reliability(made)
        click.echo(
            f"{name}: {len(made)} plates, {sum(right for _, right in made)} right, calibration error "
            f"{calibration_error(curves[name]):.4f}, surprise {surprise(made):.3f}"
        )
    if picture is not None:
        picture.write_text(diagram(curves), encoding="utf-8")


def worn(crops: list[Crop]) -> list[Question]:
    """The crops as a camera might see them another day, the same each time."""
    return [
        Question(image=as_seen(crop, np.random.default_rng((SEED, number))), text=crop.text, lines=crop.lines,
                 country=crop.country)
        for number, crop in enumerate(crops)
    ]  # fmt: skip


def answers(model: str, questions: list[Question]) -> list[tuple[Question, Reading]]:
    """Each question with what the recogniser claims, not calibrated."""
    recogniser = build_recogniser(RecogniserSettings(model=model), 1, Calibration())
    return [(question, recogniser.recognise(question.image)) for question in questions]


def write_into_card(model: str, how: Calibration) -> None:
    """Replace the card's calibration."""
    card = load_card(model, "recognise")
    path = Path(model) if model.endswith(".json") else card.folder / f"{model}.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["calibration"] = {"temperature": how.temperature, "doubt": how.doubt}
    path.write_text(json.dumps(fields, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
