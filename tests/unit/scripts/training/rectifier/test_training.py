# SPDX-License-Identifier: AGPL-3.0-or-later
"""The corner network and its training: places under maps, losses, and a few real steps as a command."""

import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from anpr.reader.network.model_card import load_card
from scripts.training.detector.scenes import drawn_street
from scripts.training.train_rectifier import main

HAS_TRAINER = all(importlib.util.find_spec(name) for name in ("torch", "onnx"))

needs_trainer = pytest.mark.skipif(not HAS_TRAINER, reason="the extra `train` is not installed")


@needs_trainer
def test_a_place_is_the_mean_under_its_map() -> None:
    import torch

    from scripts.training.rectifier.network import places
    from scripts.training.rectifier.training import bumps

    quads = torch.tensor([[[40.0, 30.0], [120.0, 33.0], [118.0, 80.0], [42.0, 78.0]]])
    maps = torch.log(bumps(quads) + 1e-9).reshape(1, 4, 28, 40)

    found, spread = places(maps)

    assert torch.allclose(found, quads, atol=0.05)
    assert torch.allclose(spread, torch.full((1, 4), 4 * 2**0.5), atol=0.1)


@needs_trainer
def test_corners_in_the_right_place_cost_less() -> None:
    import torch

    from scripts.training.rectifier.batches import Batch
    from scripts.training.rectifier.training import bumps, losses

    quads = torch.tensor([[[40.0, 30.0], [120.0, 33.0], [118.0, 80.0], [42.0, 78.0]]])
    batch = Batch(views=torch.zeros(1, 3, 112, 160), quads=quads, plates=torch.ones(1), lines=torch.tensor([1]))
    logits = torch.zeros(1, 2)
    right = losses(torch.log(bumps(quads) + 1e-9).reshape(1, 4, 28, 40), logits, batch)
    wrong = losses(torch.log(bumps(quads + 9) + 1e-9).reshape(1, 4, 28, 40), logits, batch)

    assert float(right[0]) < float(wrong[0])
    assert float(right[1]) < 0.05 < float(wrong[1])


@needs_trainer
@pytest.mark.filterwarnings("default")
def test_a_quick_training_writes_weights_and_their_card(tmp_path: Path) -> None:
    scenes, out = _folder(tmp_path / "data"), tmp_path / "plate_rectifier.onnx"

    done = CliRunner().invoke(main, [str(scenes), "--work", str(tmp_path / "work"), "--out", str(out), "--quick"])

    assert done.exit_code == 0, done.output
    card = load_card(str(out.with_suffix(".json")), "rectify")
    assert card.weights() == out
    assert json.loads(out.with_suffix(".json").read_text())["training"]["quick"] is True


def _folder(root: Path) -> Path:
    """Eight drawn streets, two of them to validate."""
    (root / "images").mkdir(parents=True)
    (root / "labels").mkdir()
    rows = ["file,split"]
    for number in range(8):
        scene = drawn_street(np.random.default_rng(number), (320, 192))
        cv2.imwrite(str(root / "images" / f"street_{number}.jpg"), scene.image)
        lines = [
            f"0 {(x1 + x2) / 640} {(y1 + y2) / 384} {(x2 - x1) / 320} {(y2 - y1) / 192}"
            for x1, y1, x2, y2 in scene.boxes
        ]
        (root / "labels" / f"street_{number}.txt").write_text("\n".join(lines), encoding="ascii")
        rows.append(f"street_{number}.jpg,{'train' if number < 6 else 'val'}")
    (root / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root
