# SPDX-License-Identifier: AGPL-3.0-or-later
"""Train the corner network: from labelled images to models/plate_rectifier.onnx and its card.

    python -m scripts.training.train_rectifier SCENES --streets STREETS --split SPLIT --work WORK

SCENES is a folder as scripts.training.train_detector takes it. STREETS holds a truth.csv as `anpr evaluate` takes it,
SPLIT the columns file, plate, split: plates of its part `train`, and what the detector mistakes for plates on their
images, are learnt too. The network begins with the shipped detector's first layers. There are two runs, as
scripts/training/rectifier/recipe.py describes. WORK keeps windows and checkpoints: the same command goes on where it
was stopped.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import cv2

from anpr.domain.errors import AnprError, SettingsError
from anpr.reader.detect import Detector, build_detector
from anpr.reader.network.model_card import load_card
from anpr.reader.network.onnx import OnnxNetwork
from anpr.runtime.clock import SystemClock
from anpr.settings import DetectorSettings
from scripts.repository import MODELS
from scripts.training.detector.folder import read_folder
from scripts.training.detector.label_fixes import mend, read_changes
from scripts.training.model_card import Facts, write_card
from scripts.training.rectifier import recipe as recipes

if TYPE_CHECKING:
    from scripts.training.rectifier.network import CornerNetwork

_LEAST_SCORE = 0.04
"""Of the detector: what it takes for a plate with so little is learnt as none."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the command line asked for."""

    scenes: Path
    streets: Path | None
    split: Path | None
    work: Path
    out: Path
    version: str
    quick: bool


@click.command(help=__doc__)
@click.argument("scenes", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--streets", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--split", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for windows and checkpoints.")
@click.option("--out", type=click.Path(path_type=Path), default=MODELS / "plate_rectifier.onnx", show_default=True)
@click.option("--version", default="0.1.0", show_default=True, help="Version written in the card.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--quick", is_flag=True, help="A few windows and steps: tests the recipe, makes no usable weights.")
def main(threads: int, **options: Any) -> None:
    """Parse the command line and run."""
    cv2.setNumThreads(threads)
    try:
        _require_torch(threads)
        train(Order(**options))
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc


def _require_torch(threads: int) -> None:
    """Raises SettingsError, saying what to install, where the extra `train` is missing."""
    try:
        import torch  # noqa: PLC0415
    except ImportError as exc:
        raise SettingsError(f"training needs the extra `train` ({exc.name} is missing): uv sync --extra train") from exc
    torch.set_num_threads(threads)


def train(order: Order) -> Path:
    """Make windows, fit twice, export, write the card; returns the ONNX file."""
    from scripts.training.rectifier import streets, windows  # noqa: PLC0415  they need the extra `train`
    from scripts.training.rectifier.backbone import begin_with_detector  # noqa: PLC0415
    from scripts.training.rectifier.network import CornerNetwork  # noqa: PLC0415
    from scripts.training.rectifier.run import finder_of  # noqa: PLC0415
    from scripts.training.rectifier.training import fit  # noqa: PLC0415

    first, second = recipes.FIRST, recipes.SECOND
    count, signs = recipes.DRAWN, recipes.PLATE_CHARACTERS
    folder = mend(read_folder(order.scenes), read_changes(), order.work / "mended")
    if order.quick:
        first, second, count, signs = recipes.quick(first), recipes.quick(second), 12, 6
        folder = replace(folder, train=folder.train[:6])
    stores = {"drawn": windows.drawn_windows(folder, order.work, count, signs, click.echo)}
    stores |= windows.real_windows(folder, _detector(), order.work, click.echo)
    begun = CornerNetwork()
    begin_with_detector(begun.backbone, load_card("plate_detector", "detect").weights())
    network = fit(begun, stores, first, order.work / "first.pt", click.echo)
    finder = finder_of(network)
    if order.streets is not None and order.split is not None:
        stores |= streets.street_stores(order.streets, order.split, finder, _detector(), order.work, click.echo)
    network = fit(network, stores, second, order.work / "second.pt", click.echo)
    return _ship(order, network, {name: len(store) for name, store in stores.items()})


def _detector() -> Detector:
    return build_detector(DetectorSettings(min_score=_LEAST_SCORE), 1)


def _ship(order: Order, network: "CornerNetwork", counts: dict[str, int]) -> Path:
    from scripts.training.rectifier.export import describe, export_onnx  # noqa: PLC0415

    weights = export_onnx(network, order.out)
    now = SystemClock().now()
    training = {
        "data": counts,
        "started_from": "plate_detector, first seven layers",
        "recipe": [recipes.as_facts(recipes.FIRST), recipes.as_facts(recipes.SECOND)],
        "quick": order.quick,
    }
    facts = Facts(version=order.version, training=training, scores={}, created=now)
    card = write_card(weights, describe(network), facts)
    OnnxNetwork(load_card(str(card), "rectify").weights(), 1)
    click.echo(f"wrote {weights} and {card}")
    return weights


if __name__ == "__main__":
    main()
