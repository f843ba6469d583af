# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recipe as a command: what it refuses, what it writes, and a few real training steps."""

import csv
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from anpr.capture.image_file import read_image
from anpr.reader.network.model_card import load_card
from anpr.reader.recognise import build_recogniser
from anpr.settings import RecogniserSettings
from scripts.repository import REPOSITORY
from scripts.training.compare_recognisers import main as compare
from scripts.training.recogniser.data.drawn import Drawn, draw_set
from scripts.training.recogniser.shape import CHARACTERS, CLASSES, STEPS
from scripts.training.train_recogniser import main

HAS_TORCH = all(importlib.util.find_spec(name) for name in ("torch", "onnx"))


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """A folder of drawn plates, as if they were crops: eight to train on, four to validate."""
    root = tmp_path / "crops"
    plates = draw_set(root / "images", 12, 5, lambda _: None, shard=12)
    _list(root / "labels.csv", plates)
    return root


def _list(path: Path, plates: tuple[Drawn, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "text", "text_with_masked_chars", "country", "lines", "split"))
        for number, plate in enumerate(plates):
            split = "train" if number < 8 else "val"
            writer.writerow((plate.path.name, plate.text, f"*{plate.text[1:]}", plate.kind[:2], plate.lines, split))


def test_wrong_data_folder_is_one_clear_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path), "--work", str(tmp_path / "work")])

    assert result.exit_code == 1
    assert "uv sync --extra train" in result.output or "labels.csv: No such file" in result.output


@pytest.mark.skipif(HAS_TORCH, reason="the extra `train` is installed here")
def test_missing_torch_says_what_to_install(crops: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(crops), "--work", str(tmp_path / "work")])

    assert result.exit_code == 1
    assert "uv sync --extra train" in result.output
    assert not (tmp_path / "work").exists()


def test_shipped_card_fits_the_shipped_weights() -> None:
    card = load_card("plate_recogniser_small", "recognise")

    assert card.weights().stat().st_size < 8_000_000, "three million parameters are 12 MB; these are fewer"
    assert card.alphabet == CHARACTERS
    assert card.output.shape == (1, STEPS, CLASSES)
    assert card.scores["rec_val"]["n"] > 200
    assert card.training["quick"] is False


def test_recognisers_are_compared_side_by_side(crops: Path, tmp_path: Path) -> None:
    order = [str(crops), "--work", str(tmp_path / "exam"), "--drawn", "5", "--model", "plate_recogniser"]

    table = CliRunner().invoke(compare, order)

    assert table.exit_code == 0, table.output
    assert "rec val: strict / look-alike folded" in table.output
    assert "drawn Italian: strict / look-alike folded" in table.output
    assert "calibration error" in table.output
    missing = CliRunner().invoke(compare, [*order, "--model", "no_such_model"])
    assert missing.exit_code == 1
    assert "no_such_model" in missing.output


@pytest.mark.skipif(not HAS_TORCH, reason="the extra `train` (torch, onnx) is not installed: no real training steps")
@pytest.mark.timeout(900)
def test_a_few_real_steps_from_folder_to_card(crops: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.onnx"
    order = [str(crops), "--masked", str(crops), "--work", str(tmp_path / "work"), "--out", str(out)]
    command = [sys.executable, "-m", "scripts.training.train_recogniser", *order, "--quick", "--threads", "1"]

    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    card = load_card(str(out.with_suffix(".json")), "recognise")
    assert card.weights() == out
    assert card.output.shape == (1, STEPS, CLASSES)
    assert card.scores["rec_val"]["n"] == 4
    # The reader takes the card as it takes any other.
    recogniser = build_recogniser(RecogniserSettings(model=str(out.with_suffix(".json"))), threads=1)
    reading = recogniser.recognise(read_image(next((crops / "images").glob("*.jpg"))))
    assert sum(candidate.probability for candidate in reading.candidates) <= 1.0 + 1e-6
    # The same command again finds nothing left to do, and gives the same weights.
    before = card.sha256
    again = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert "resumed at step 4 of 4" in again.stdout
    assert load_card(str(out.with_suffix(".json")), "recognise").sha256 == before
