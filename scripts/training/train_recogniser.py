# SPDX-License-Identifier: AGPL-3.0-or-later
"""Train the plate recogniser: from folders of labelled crops to models/plate_recogniser_small.onnx and its card.

    python -m scripts.training.train_recogniser CROPS --masked MASKED --work WORK

CROPS holds images/ and labels.csv (columns file, text, country, lines, split); MASKED the same with
text_with_masked_chars, where `*` stands for a character that was made unreadable. `--scenes` is a folder as
scripts.training.train_detector takes it: plates in its images on whose text PP-OCR and the shipped weights agree are
learnt too. `--streets` is a folder of street photographs with a truth.csv, `--split` keeps its vehicles for training
and validation apart, `--marks` has the corners of its plates where they are known: those are set level before they are
learnt. It starts from the weights of the recogniser that rapidocr carries, or with `--start` from float weights of this
network, whose input may have had another size. WORK keeps the drawn plates and a checkpoint: the same command goes on
where it was stopped, and with more --steps it goes on after its end.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from anpr.domain.errors import AnprError, SettingsError
from anpr.reader.network.model_card import load_card
from anpr.reader.network.onnx import OnnxNetwork
from anpr.reader.recognise import build_recogniser
from anpr.runtime.clock import SystemClock
from anpr.settings import RecogniserSettings
from scripts.repository import MODELS
from scripts.training.detector.folder import read_folder
from scripts.training.model_card import Facts, write_card
from scripts.training.recogniser.data.drawn import SHARD, draw_set
from scripts.training.recogniser.data.samples import Crop, from_drawn, read_crops, read_masked
from scripts.training.recogniser.data.scenes import Judges, scene_crops
from scripts.training.recogniser.data.sources import Sources
from scripts.training.recogniser.data.streets import Streets, street_crops
from scripts.training.recogniser.recipe import Recipe, as_facts, quick


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the command line asked for."""

    crops: Path
    masked: Path | None
    scenes: Path | None
    streets: Streets | None
    start: Path | None
    work: Path
    out: Path
    recipe: Recipe
    version: str
    threads: int
    quick: bool


@click.command(help=__doc__)
@click.argument("crops", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--masked", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--scenes", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--streets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Street photographs with truth.csv (images/, truth.csv).",
)
@click.option(
    "--split",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV that puts each row of truth.csv into train or val.",
)
@click.option("--marks", type=click.Path(dir_okay=False, path_type=Path), help="CSV of plates' corners.")
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Float weights (ONNX) of this network to start from, of whatever input size, instead of PP-OCR's.",
)
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for drawn plates and checkpoints.")
@click.option("--out", type=click.Path(path_type=Path), default=MODELS / "plate_recogniser_small.onnx",
              show_default=True)  # fmt: skip
@click.option("--steps", type=click.IntRange(1), default=Recipe().steps, show_default=True)
@click.option("--drawn", type=click.IntRange(1), default=Recipe().drawn, show_default=True, help="Plates drawn.")
@click.option("--version", default="0.1.0", show_default=True, help="Version written in the card.")
@click.option("--threads", type=click.IntRange(1), default=len(os.sched_getaffinity(0)), show_default=True)
@click.option("--quick", is_flag=True, help="A few pictures and steps: tests the recipe, makes no usable weights.")
def main(steps: int, drawn: int, streets: Path | None, split: Path | None, marks: Path | None, **options: Any) -> None:
    """Parse the command line and run."""
    recipe = replace(Recipe(), steps=steps, drawn=drawn)
    if (streets is None) != (split is None):
        raise click.UsageError("--streets and --split belong together")
    try:
        known = Streets(folder=streets, split=split, marks=marks) if streets and split else None
        train(Order(streets=known, recipe=quick(recipe) if options["quick"] else recipe, **options))
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc


def train(order: Order) -> Path:
    """Draw, start, fit, export, write the card; returns the ONNX file."""
    require_torch()
    real = read_crops(order.crops, "train")
    masked = read_masked(order.masked, "train") if order.masked else ()
    painted, shard = ("drawn-quick", 8) if order.quick else ("drawn", SHARD)
    drawn = draw_set(order.work / painted, order.recipe.drawn, order.recipe.drawn_seed, click.echo, shard, hands=True)
    if order.quick:
        real, masked = real[:12], masked[:4]
    elif order.scenes is not None:
        real += _from_scenes(order)
    streets = street_crops(order.streets, "train", order.work / "streets") if order.streets else ()
    return _fit_and_ship(order, Sources(real=real, streets=streets, masked=masked, drawn=from_drawn(drawn)))


def _from_scenes(order: Order) -> tuple[Crop, ...]:
    """Plates of the detector's images that PP-OCR and the shipped weights read alike; no text of the exam."""
    barred = {crop.text for crop in read_crops(order.crops, "val")}

    def judges() -> Judges:
        first, second = (
            build_recogniser(RecogniserSettings(model=model), order.threads)
            for model in ("plate_recogniser", "plate_recogniser_small")
        )
        return Judges(first=first, second=second, barred=barred)

    return scene_crops(read_folder(order.scenes), order.work / "scenes", judges, click.echo) if order.scenes else ()


def require_torch() -> None:
    """Raises SettingsError, saying what to install, where the extra `train` is missing."""
    try:
        import onnx  # noqa: F401, PLC0415
        import torch  # noqa: F401, PLC0415
    except ImportError as exc:
        raise SettingsError(f"training needs the extra `train` ({exc.name} is missing): uv sync --extra train") from exc


def _fit_and_ship(order: Order, sources: Sources) -> Path:
    import torch  # noqa: PLC0415

    from scripts.training.recogniser.score import plain_score  # noqa: PLC0415
    from scripts.training.recogniser.training import fit  # noqa: PLC0415
    from scripts.training.recogniser.weights.export import describe, export_onnx  # noqa: PLC0415
    from scripts.training.recogniser.weights.start import begun  # noqa: PLC0415

    torch.set_num_threads(order.threads)
    start = begun(order.start, order.work / "start.pt", sources.real, order.recipe, click.echo)
    network = fit(start, sources, order.recipe, order.work / "last.pt", click.echo)
    weights = export_onnx(network, order.out)
    now = SystemClock().now()
    val = read_crops(order.crops, "val")
    scores = {"rec_val": {**plain_score(network, val), "date": now.date().isoformat()}}
    training = {
        "data": {
            "real": len(sources.real),
            "streets": len(sources.streets),
            "masked": len(sources.masked),
            "drawn": len(sources.drawn),
        },
        "started_from": order.start.name if order.start else "PP-OCRv6 small (Apache-2.0), thinned",
        "recipe": as_facts(order.recipe),
        "quick": order.quick,
    }
    facts = Facts(version=order.version, training=training, scores=scores, created=now)
    card = write_card(weights, describe(network), facts)
    OnnxNetwork(load_card(str(card), "recognise").weights(), 1)
    click.echo(f"{scores['rec_val']}; wrote {weights} and {card}")
    return weights


if __name__ == "__main__":
    main()
