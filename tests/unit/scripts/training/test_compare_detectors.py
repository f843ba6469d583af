# SPDX-License-Identifier: AGPL-3.0-or-later
"""Networks trained alike: what is refused, and what is read of the trainer's file. The training is the recipe's."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.training import compare_detectors
from scripts.training.compare_detectors import main, read_scores


def test_scores_are_those_after_each_pass(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_text("epoch, metrics/mAP50(B), lr\n1, 0.12345, 0.1\n2, 0.5, 0.05\n", encoding="utf-8")

    assert read_scores(results) == [0.123, 0.5]


def test_a_folder_without_pictures_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_detectors, "require_ultralytics", lambda: None)

    result = CliRunner().invoke(main, [str(tmp_path), "--work", str(tmp_path / "work")])

    assert result.exit_code == 1
    assert "manifest.csv" in result.output
