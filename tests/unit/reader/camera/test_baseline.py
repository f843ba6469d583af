# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is usual is learned, forgotten and kept."""

from datetime import timedelta
from pathlib import Path

import pytest

from anpr.reader.camera.baseline import BLOCK_S, Baseline
from anpr.reader.camera.sharpness import ImageQuality
from tests.unit.reader.camera.view_scenes import START

DAY, NIGHT = 120.0, 20.0


def look(sharpness: float | None, middle: float = DAY, bright: float = 200) -> ImageQuality:
    return ImageQuality(sharpness=sharpness, middle=middle, bright=bright)


def learn(usual: Baseline, sharpness: float, hours: float, middle: float = DAY, start_s: float = 0) -> None:
    for number in range(round(hours * 3600 / 5)):
        usual.learn(look(sharpness * (0.9 if number % 2 else 1.1), middle), start_s + number * 5)


def test_it_is_not_known_before_half_an_hour_and_then_for_this_light_only() -> None:
    usual = Baseline("cam")
    learn(usual, 0.5, 0.45)
    assert usual.sharpness(look(0.5)) is None
    learn(usual, 0.5, 0.3, start_s=0.45 * 3600)
    assert usual.sharpness(look(0.5)) == pytest.approx(0.5, rel=0.15)
    assert usual.sharpness(look(0.5, middle=200)) is None
    assert usual.sharpness(look(0.5, middle=NIGHT)) is None


def test_day_and_night_each_have_their_own() -> None:
    usual = Baseline("cam")
    learn(usual, 0.8, 2)
    learn(usual, 0.1, 2, NIGHT, start_s=7200)
    assert usual.sharpness(look(0.5)) == pytest.approx(0.8, rel=0.15)
    assert usual.sharpness(look(0.5, middle=NIGHT)) == pytest.approx(0.1, rel=0.15)


def test_a_new_lens_becomes_usual_within_days_and_nothing_grows() -> None:
    usual = Baseline("cam")
    learn(usual, 0.2, 60)
    learn(usual, 0.6, 60, start_s=60 * 3600)
    assert usual.sharpness(look(0.5)) == pytest.approx(0.6, rel=0.15)
    assert max(len(blocks) for blocks in usual._blocks) <= 288


def test_light_that_changes_at_each_look_teaches_nothing() -> None:
    usual = Baseline("cam")
    for number in range(4000):
        usual.learn(look(0.5, DAY if number % 2 else NIGHT), number * 5)
    assert usual.sharpness(look(0.5)) is None


def test_light_between_two_classes_is_learned_as_any_other() -> None:
    usual = Baseline("cam")
    for number in range(600):
        usual.learn(look(0.5, 97 if number % 2 else 94), number * 5)
    assert usual.sharpness(look(0.5, 97)) == usual.sharpness(look(0.5, 94)) == 0.5


def test_the_worst_picture_a_plate_was_read_in_is_remembered_for_a_week() -> None:
    usual = Baseline("cam")
    assert (usual.darkest_read, usual.softest_read) == (None, None)
    usual.read(look(0.3, bright=30), START)
    usual.read(look(None, bright=22), START + timedelta(hours=1))
    usual.read(look(0.02, bright=90), START + timedelta(days=3))
    assert (usual.darkest_read, usual.softest_read) == (22, 0.02)
    usual.read(look(0.5, bright=80), START + timedelta(days=9))
    assert (usual.darkest_read, usual.softest_read) == (80, 0.02)


def test_it_is_kept_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "sight" / "cam.json"
    usual = Baseline("cam", path)
    usual.read(look(0.3, bright=30), START)
    learn(usual, 0.5, 2)
    usual.close()
    again = Baseline("cam", path)
    assert again.sharpness(look(0.5)) == usual.sharpness(look(0.5))
    assert (again.darkest_read, again.softest_read) == (30, 0.3)


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"blocks": [[]], "reads": {}}', "\x00\xff"])
def test_a_broken_file_is_named_and_learned_anew(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cam.json"
    path.write_text(content, encoding="utf-8")
    usual = Baseline("cam", path)
    assert usual.sharpness(look(0.5)) is None
    assert [str(path) in record.message for record in caplog.records] == [True]


def test_a_folder_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    usual = Baseline("cam", tmp_path / "elsewhere" / "cam.json")
    usual._path = tmp_path / "file" / "cam.json"
    learn(usual, 0.5, 3 * BLOCK_S / 3600 + 1)
    assert usual.sharpness(look(0.5)) is not None
    assert len(caplog.records) == 1
