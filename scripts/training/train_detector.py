# SPDX-License-Identifier: AGPL-3.0-or-later
"""Train the plate detector: from a folder of labelled images to models/plate_detector.onnx and its card.

    python -m scripts.training.train_detector DATA --work WORK

DATA holds images/, labels/ and manifest.csv (columns file and split). WORK keeps every checkpoint: the same
command goes on where it was stopped. `--start-from` skips the first stage, or the first `--skip` stages, with weights
that already exist. The recipe itself is data, in scripts/training/detector/recipe.py.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from anpr.domain.errors import AnprError
from anpr.reader.network.model_card import NetworkInput
from anpr.runtime.clock import SystemClock
from scripts.repository import MODELS
from scripts.training.detector.card import describe, network_input
from scripts.training.detector.compose import compose, sources_of
from scripts.training.detector.evaluation import examine
from scripts.training.detector.export import cells, export_onnx
from scripts.training.detector.folder import Folder, read_folder
from scripts.training.detector.framed import framed_plate
from scripts.training.detector.label_fixes import mend, read_changes
from scripts.training.detector.recipe import ARCHITECTURE, DRAWN_SEED, STAGES, Stage, as_facts, longer, quick
from scripts.training.detector.training import Run, require_ultralytics, run_stage
from scripts.training.model_card import Facts, write_card


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the command line asked for."""

    folder: Folder
    work: Path
    start_from: Path | None
    out: Path
    size: tuple[int, int]
    """Width and height of the exported input, px."""
    version: str
    quick: bool
    skip: int = 1
    """Stages that the weights to start from have behind them."""
    longer: int = 1
    """Factor on the epochs of the last stage."""
    device: str = "cpu"


@click.command(help=__doc__)
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for checkpoints; kept.")
@click.option(
    "--start-from", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Weights to go on from."
)
@click.option(
    "--skip", type=click.IntRange(1), default=1, show_default=True, help="Stages that those have behind them."
)
@click.option("--out", type=click.Path(path_type=Path), default=MODELS / "plate_detector.onnx", show_default=True)
@click.option("--size", nargs=2, type=int, default=(640, 384), show_default=True, help="Width and height, px.")
@click.option("--version", default="0.1.0", show_default=True, help="Version written in the card.")
@click.option("--device", default="cpu", show_default=True, help="cpu, or the number of a CUDA device.")
@click.option("--longer", type=click.IntRange(1), default=1, show_default=True, help="Times the last stage's epochs.")
@click.option("--quick", is_flag=True, help="A few pictures and steps: tests the recipe, makes no usable weights.")
def main(data: Path, **options: Any) -> None:
    """Parse the command line and run."""
    try:
        train(Order(folder=read_folder(data), **options))
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc


def train(order: Order) -> Path:
    """Run every stage, export, score on the validation split and write the card; returns the ONNX file."""
    require_ultralytics()
    stages = stages_of(order)
    start = ARCHITECTURE
    if order.start_from is not None:
        start, stages = str(order.start_from), stages[order.skip :]
    folder = _cut(order.folder) if order.quick else order.folder
    checkpoint = Path(start)
    for number, stage in enumerate(stages, start=len(STAGES) - len(stages) + 1):
        work = order.work / f"{number}-{stage.name}"
        run = Run(stage=stage, start=start, train=_pictures(stage, folder, order), val=folder.val, work=work,
                  device=order.device)  # fmt: skip
        checkpoint = run_stage(run, click.echo)
        start = str(checkpoint)
    return _ship(order, folder, checkpoint)


def stages_of(order: Order) -> tuple[Stage, ...]:
    """Every stage of the recipe, as ordered."""
    return tuple(quick(stage) for stage in STAGES) if order.quick else longer(STAGES, order.longer)


def _pictures(stage: Stage, folder: Folder, order: Order) -> tuple[Path, ...]:
    """The stage's training images: the real ones, mended and thinned, and the drawn ones."""
    if stage.mended:
        folder = mend(folder, read_changes(), order.work / "mended")
    chosen, counted = [], Counter[str]()
    for picture in folder.train:
        thinned = bool(stage.thin) and picture.name.startswith(stage.thin)
        counted[stage.thin] += thinned
        if not thinned or counted[stage.thin] % 2:
            chosen.append(picture)
    if not stage.drawn:
        return tuple(chosen)
    sources = sources_of(folder)
    drawn = compose(sources, order.work / "drawn", stage.drawn, DRAWN_SEED, click.echo)
    framed = compose(sources, order.work / "framed", stage.framed, DRAWN_SEED, click.echo, framed_plate)
    return (*chosen, *drawn, *framed)


def _cut(folder: Folder) -> Folder:
    return Folder(train=folder.train[:8], val=folder.val[:4], labels=folder.labels)


def _ship(order: Order, folder: Folder, checkpoint: Path) -> Path:
    width, height = order.size
    weights = export_onnx(checkpoint, order.out, width, height)
    click.echo(f"scoring {weights.name} on {len(folder.val)} pictures")
    wanted = NetworkInput.model_validate(network_input(width, height))
    scores = examine(weights, wanted, folder)
    now = SystemClock().now()
    facts = Facts(
        version=order.version,
        training=training_facts(order, folder),
        scores=scores | {"input": [width, height], "date": now.date().isoformat()},
        created=now,
    )
    card = write_card(weights, describe(width, height, cells(width, height)), facts)
    click.echo(f"mAP50 {scores['det_val']['map50']:.3f}; wrote {weights} and {card}")
    return weights


def training_facts(order: Order, folder: Folder) -> dict[str, Any]:
    """What the card says about how the weights came to be."""
    stages = stages_of(order)
    sources = Counter(picture.name.split("_")[0] for picture in folder.train)
    last = stages[-1]
    begun = "scratch" if order.start_from is None else f"{order.start_from.name}, made by stage {order.skip}"
    return {
        "data": {
            "train": dict(sorted(sources.items())),
            "val": len(folder.val),
            "drawn": last.drawn,
            "framed": last.framed,
        },
        "stages": [as_facts(stage) for stage in stages],
        "epochs": sum(stage.epochs for stage in stages),
        "seed": last.seed,
        "started_from": begun,
        "quick": order.quick,
    }


if __name__ == "__main__":
    main()
