# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quantisation: makes 8-bit weights of a model's float weights; a detector looks in half the time.

    python -m scripts.training.quantise plate_detector ../shared/data/det
    python -m scripts.training.quantise plate_recogniser_small ../shared/data/rec

Writes models/<model>_int8.onnx and its card. FOLDER is what the model was trained on: the ranges of its layers are
measured on images of the split `train`, and both files are then scored on the split `val`. Run it again whenever the
float weights change. Needs the package onnx.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from anpr.domain.errors import AnprError
from anpr.reader.network.model_card import ModelCard, load_card
from anpr.reader.recognise import build_recogniser
from anpr.runtime.clock import SystemClock
from anpr.settings import RecogniserSettings
from scripts.repository import MODELS
from scripts.training.detector.evaluation import examine as examine_detector
from scripts.training.detector.folder import read_folder
from scripts.training.quantising.quantise import quantise
from scripts.training.quantising.samples import blobs
from scripts.training.recogniser.data.samples import read_crops
from scripts.training.recogniser.evaluation import examine, real_questions


@click.command(help=__doc__)
@click.argument("model")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=MODELS, show_default="models/")
@click.option("--pictures", type=click.IntRange(1), default=600, show_default=True, help="To measure the ranges on.")
def main(model: str, folder: Path, out: Path, pictures: int) -> None:
    """Parse the command line and run."""
    try:
        source = _card(model)
        out.mkdir(parents=True, exist_ok=True)
        weights = quantise(source, blobs(source, folder, pictures), out / f"{source.name}_int8.onnx")
        card = load_card(str(write_card(source, weights, pictures)), source.task)
        scores = {name: SCORERS[source.task](one, folder) for name, one in (("float", source), ("int8", card))}
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc
    _with_scores(weights.with_suffix(".json"), scores["int8"])
    for name, found in scores.items():
        click.echo(f"{name}: {json.dumps(found)}")


def _card(model: str) -> ModelCard:
    """The card of either task. Raises ModelError."""
    try:
        return load_card(model, "detect")
    except AnprError:
        return load_card(model, "recognise")


def write_card(source: ModelCard, weights: Path, pictures: int) -> Path:
    """Write the card of 8-bit weights beside them; what does not change is taken from the float weights' card."""
    fields: dict[str, Any] = json.loads((source.folder / f"{source.name}.json").read_text(encoding="utf-8"))
    fields |= {
        "name": weights.stem,
        "architecture": f"{source.architecture}, 8-bit",
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "training": {"quantised_from": source.name, "sha256": source.sha256, "pictures": pictures},
        "scores": {},
        "created": SystemClock().now().isoformat(timespec="seconds"),
    }
    if source.task == "detect":
        fields["input"]["values"] = "pixels"
    path = weights.with_suffix(".json")
    path.write_text(json.dumps(fields, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _with_scores(path: Path, scores: dict[str, Any]) -> None:
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["scores"] = {**scores, "date": SystemClock().now().date().isoformat()}
    path.write_text(json.dumps(fields, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _score_detector(card: ModelCard, folder: Path) -> dict[str, Any]:
    return examine_detector(card.weights(), card.input, read_folder(folder))


def _score_recogniser(card: ModelCard, folder: Path) -> dict[str, Any]:
    recogniser = build_recogniser(RecogniserSettings(model=str(card.folder / f"{card.name}.json")), threads=1)
    marks = examine(recogniser, real_questions(read_crops(folder, "val")))
    return {
        "val": {
            "n": len(marks),
            "strict": round(sum(mark.strict for mark in marks) / max(1, len(marks)), 4),
            "folded": round(sum(mark.folded for mark in marks) / max(1, len(marks)), 4),
        }
    }


SCORERS: dict[str, Callable[[ModelCard, Path], dict[str, Any]]] = {
    "detect": _score_detector,
    "recognise": _score_recogniser,
}

if __name__ == "__main__":
    main()
