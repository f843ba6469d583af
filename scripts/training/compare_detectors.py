# SPDX-License-Identifier: AGPL-3.0-or-later
"""Comparison of detector architectures, trained alike from random weights for the same time.

    python -m scripts.training.compare_detectors DATA --work WORK [--epochs 8] [--every 2] [--px 320]

DATA as for training. All networks see the same images in the same order at the same rates, far too briefly for
weights worth shipping, and are scored by Ultralytics after each pass on the validation split. WORK is kept: a run that
was stopped goes on. The last line of standard output is one JSON object: network to mAP50 after each pass.
"""

import csv
import json
from pathlib import Path

import click

from anpr.domain.errors import AnprError
from scripts.training.detector.folder import read_folder
from scripts.training.detector.recipe import Stage
from scripts.training.detector.training import Run, describe_direct, require_ultralytics, run_stage

DIRECT = "yolo11n-direct"
NETWORKS = ("yolo11n", DIRECT, "yolo26n")
_SCORE = "metrics/mAP50(B)"


@click.command(help=__doc__)
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for checkpoints; kept.")
@click.option("--epochs", type=click.IntRange(1), default=8, show_default=True, help="Passes over the pictures.")
@click.option("--every", type=click.IntRange(1), default=2, show_default=True, help="One picture of so many is used.")
@click.option("--px", type=click.IntRange(32), default=320, show_default=True, help="Side of the square input.")
@click.option("--device", default="cpu", show_default=True, help="cpu, or the number of a CUDA device.")
def main(data: Path, work: Path, epochs: int, every: int, px: int, device: str) -> None:
    """Parse the command line and run."""
    stage = Stage(
        name="compared", image_px=px, epochs=epochs, rate_epochs=epochs, first_rate=1.5e-3, last_share=0.05, mosaic=0.5,
        mosaic_off_epochs=1, warmup_epochs=0.5, seed=26,
    )  # fmt: skip
    scores: dict[str, list[float]] = {}
    try:
        require_ultralytics()
        folder = read_folder(data)
        for network in NETWORKS:
            place = work / network
            place.mkdir(parents=True, exist_ok=True)
            start = str(describe_direct(place)) if network == DIRECT else f"{network}.yaml"
            run = Run(stage=stage, start=start, train=folder.train[::every], val=folder.val, work=place, device=device)
            run_stage(run, click.echo)
            scores[network] = read_scores(place / "fit" / "results.csv")
            click.echo(f"{network}: {scores[network]}")
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc
    click.echo(json.dumps(scores))


def read_scores(results: Path) -> list[float]:
    """mAP50 after each pass, from the file that Ultralytics writes."""
    with results.open(encoding="utf-8", newline="") as file:
        return [round(float(row[_SCORE]), 3) for row in csv.DictReader(file, skipinitialspace=True)]


if __name__ == "__main__":
    main()
