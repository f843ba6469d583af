# SPDX-License-Identifier: AGPL-3.0-or-later
"""Weight averaging (a "model soup", Wortsman et al. 2022): one recogniser from checkpoints of one training.

    python -m scripts.training.average_recognisers CHECKPOINT CHECKPOINT … --card CARD --out FILE.onnx

The running means of the checkpoints' weights are averaged, each counting alike. The checkpoints must come of one
another, or the average means nothing. The card is that of the last training, with the checkpoints' steps noted in it;
calibrate and quantise afterwards, as after any training.
"""

import json
from pathlib import Path

import click

from anpr.domain.errors import AnprError, InputError, SettingsError
from anpr.runtime.clock import SystemClock
from scripts.training.model_card import Facts, write_card
from scripts.training.train_recogniser import require_torch


@click.command(help=__doc__)
@click.argument("checkpoints", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--card", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--crops", type=click.Path(exists=True, file_okay=False, path_type=Path), help="To score it on.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--version", required=True, help="Version written in the card.")
def main(checkpoints: tuple[Path, ...], card: Path, crops: Path | None, out: Path, version: str) -> None:
    """Parse the command line and run."""
    try:
        require_torch()
        click.echo(average(checkpoints, card, crops, out, version))
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc


def average(checkpoints: tuple[Path, ...], card: Path, crops: Path | None, out: Path, version: str) -> Path:
    """Average, export, write the card; returns the card."""
    from scripts.training.recogniser.data.samples import read_crops  # noqa: PLC0415
    from scripts.training.recogniser.score import plain_score  # noqa: PLC0415
    from scripts.training.recogniser.weights.average import averaged  # noqa: PLC0415
    from scripts.training.recogniser.weights.export import describe, export_onnx  # noqa: PLC0415

    if len(checkpoints) < 2:
        raise InputError("an average needs two checkpoints or more")
    try:
        training = json.loads(card.read_text(encoding="utf-8"))["training"]
    except (OSError, ValueError, KeyError) as exc:
        raise SettingsError(f"{card}: no card of a training") from exc
    network, steps = averaged(checkpoints)
    now = SystemClock().now()
    scores = {}
    if crops is not None:
        scores["rec_val"] = {**plain_score(network, read_crops(crops, "val")), "date": now.date().isoformat()}
    facts = Facts(version=version, training={**training, "averaged_steps": steps}, scores=scores, created=now)
    return write_card(export_onnx(network, out), describe(network), facts)


if __name__ == "__main__":
    main()
