# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recipe as a command: what it refuses, what it writes, and a few real training steps."""

import importlib.util
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from anpr.domain.errors import InputError
from anpr.reader.network.model_card import load_card
from scripts.repository import REPOSITORY
from scripts.training.detector.card import describe
from scripts.training.detector.compose import compose, sources_of
from scripts.training.detector.export import cells
from scripts.training.detector.folder import Folder, read_folder, read_labels
from scripts.training.detector.recipe import STAGES, longer, quick
from scripts.training.detector.scenes import drawn_street
from scripts.training.detector.training import Run, arguments, rate_at
from scripts.training.model_card import Facts, write_card
from scripts.training.train_detector import main

HAS_TRAINER = all(importlib.util.find_spec(name) for name in ("ultralytics", "onnx", "onnxslim"))


@pytest.fixture
def drawn_folder(tmp_path: Path) -> Path:
    """A data folder of drawn streets: twelve to train on, four to validate."""
    root = tmp_path / "data"
    (root / "images").mkdir(parents=True)
    (root / "labels").mkdir()
    rows = ["file,split"]
    for number in range(16):
        scene = drawn_street(np.random.default_rng(number), (320, 192))
        cv2.imwrite(str(root / "images" / f"street_{number}.jpg"), scene.image)
        lines = [
            f"0 {(x1 + x2) / 640} {(y1 + y2) / 384} {(x2 - x1) / 320} {(y2 - y1) / 192}"
            for x1, y1, x2, y2 in scene.boxes
        ]
        (root / "labels" / f"street_{number}.txt").write_text("\n".join(lines), encoding="ascii")
        rows.append(f"street_{number}.jpg,{'train' if number < 12 else 'val'}")
    (root / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def folder(drawn_folder: Path) -> Folder:
    return read_folder(drawn_folder)


def test_drawn_set_is_repeatable_and_resumable(folder: Folder, tmp_path: Path) -> None:
    sources = sources_of(folder)
    said: list[str] = []
    first = compose(sources, tmp_path / "one", 6, 7, said.append)
    whole = [p.read_bytes() for p in first]
    first[2].unlink()
    kept = first[3].stat().st_mtime_ns
    again = compose(sources, tmp_path / "one", 6, 7, said.append)
    assert [p.read_bytes() for p in again] == whole
    assert first[3].stat().st_mtime_ns == kept
    for picture in first:
        image = cv2.imread(str(picture))
        assert image is not None
        boxes = read_labels(tmp_path / "one" / "labels" / f"{picture.stem}.txt", image.shape[1], image.shape[0])
        assert (boxes[:, 2] > boxes[:, 0]).all()


def test_letters_are_never_mirrored(folder: Folder, tmp_path: Path) -> None:
    for stage in STAGES:
        run = Run(stage=stage, start="yolo11n.yaml", train=folder.train, val=folder.val, work=tmp_path)
        asked = arguments(run)
        assert asked["fliplr"] == 0
        assert asked["imgsz"] % 32 == 0
        assert asked["epochs"] >= stage.epochs


def test_quick_stages_keep_their_order() -> None:
    assert [quick(stage).name for stage in STAGES] == [stage.name for stage in STAGES]
    assert all(quick(stage).epochs == 1 for stage in STAGES)


def test_rate_of_the_last_stage_falls_to_its_share() -> None:
    last = STAGES[-1]
    rates = [rate_at(step, 100, last) for step in range(101)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(last.first_rate)
    assert rates[50] == pytest.approx(last.first_rate * (1 + last.last_share) / 2)
    assert rates[100] == pytest.approx(last.first_rate * last.last_share)


def test_longer_stretches_the_last_stage_only() -> None:
    made = longer(STAGES, 3)
    assert made[:-1] == STAGES[:-1]
    assert made[-1].epochs == 3 * STAGES[-1].epochs


def test_card_is_one_the_reader_accepts(tmp_path: Path) -> None:
    weights = tmp_path / "plate_detector.onnx"
    weights.write_bytes(b"weights")
    facts = Facts(version="9.9.9", training={}, scores={}, created=datetime(2026, 1, 2, tzinfo=UTC))
    card = load_card(str(write_card(weights, describe(416, 416, cells(416, 416)), facts)), "detect")
    assert card.output.shape == (1, 5, 3549)
    assert card.weights() == weights


def test_shipped_card_fits_the_shipped_weights() -> None:
    card = load_card(str(REPOSITORY / "models" / "plate_detector.json"), "detect")
    assert card.weights().stat().st_size < 12_000_000
    assert card.output.shape == (1, 5, cells(card.input.width, card.input.height))
    assert card.scores["det_val"]["n_plates"] > 500


def test_wrong_data_folder_is_one_clear_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path), "--work", str(tmp_path / "work")])
    assert result.exit_code == 1
    assert "no manifest.csv" in result.output
    with pytest.raises(InputError):
        read_folder(tmp_path)


@pytest.mark.skipif(HAS_TRAINER, reason="the extra `train` is installed here")
def test_missing_trainer_says_what_to_install(drawn_folder: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(drawn_folder), "--work", str(tmp_path / "work")])
    assert result.exit_code == 1
    assert "uv sync --extra train" in result.output
    assert not (tmp_path / "work").exists()


@pytest.mark.skipif(not HAS_TRAINER, reason="the extra `train` (ultralytics) is not installed: no real training steps")
@pytest.mark.timeout(900)
def test_a_few_real_steps_from_folder_to_card(drawn_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "plate_detector.onnx"
    order = [str(drawn_folder), "--work", str(tmp_path / "work"), "--out", str(out), "--size", "128", "96", "--quick"]
    command = [sys.executable, "-m", "scripts.training.train_detector", *order]
    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    card = load_card(str(out.with_suffix(".json")), "detect")
    assert card.weights() == out
    assert card.output.shape == (1, 5, 252)
    import onnx  # it comes with the extra

    assert not any("dfl" in node.name for node in onnx.load(out).graph.node)  # boxes as distances themselves
    written = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert [stage["name"] for stage in written["training"]["stages"]] == [stage.name for stage in STAGES]
    assert written["scores"]["det_val"]["n_images"] == 4
    # The same command again finds every stage done and trains nothing.
    again = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert again.stdout.count("done before, skipped") == len(STAGES)
