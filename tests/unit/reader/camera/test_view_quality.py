# SPDX-License-Identifier: AGPL-3.0-or-later
"""From images to states: what a camera that cannot see well is said to be, and since when."""

import itertools
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from anpr.capture.decode import to_image
from anpr.capture.image_file import Image
from anpr.reader.camera.baseline import Baseline
from anpr.reader.camera.view_quality import ViewQuality
from anpr.runtime.metrics import REGISTRY
from anpr.settings import SightSettings
from tests.unit.reader.camera.view_scenes import START, blurred, dimmed, frame, headlights, lorry, noisy, street

CHANGES: dict[str, Callable[[Image], Image]] = {
    "clear": lambda picture: picture,
    "blurred": lambda picture: blurred(picture, 2),
    "dark": lambda picture: dimmed(picture, 0.03),
}
DAY = street(1, 640, 360)
LEARN = 2100
"""Seconds after which what is usual is known."""
NIGHT = dimmed(DAY, 0.08)


class Camera:
    """Looks as often as it should; images come five times a second, and only some are looked at."""

    def __init__(self, settings: SightSettings | None = None, usual: Baseline | None = None) -> None:
        self.usual = usual or Baseline("cam-s")
        self.view_quality = ViewQuality("cam-s", settings or SightSettings(), self.usual)
        self.at_s = 0.0

    def show(self, image: Image, seconds: float, *, reads: bool = False) -> list[tuple[str | None, float]]:
        """The changes this brings: to what, and since which second."""
        changes = []
        for _ in range(round(seconds / 5)):
            self.at_s += 5
            one = frame(image, self.at_s)
            changed = self.view_quality.add(one)
            changed = (reads and self.view_quality.plate_read(one)) or changed
            if changed and self.view_quality.since:
                changes.append((self.view_quality.state, (self.view_quality.since - START).total_seconds()))
        return changes


def test_a_lens_that_gets_blurred_is_noticed_from_its_beginning_to_its_end() -> None:
    camera = Camera()
    assert camera.show(DAY, LEARN) == []
    losses = REGISTRY.get_sample_value("anpr_camera_degraded_total", {"camera": "cam-s", "state": "blurred"}) or 0
    assert camera.show(blurred(DAY, 2), 600) == [("blurred", 2105)]
    assert REGISTRY.get_sample_value("anpr_camera_view_ok", {"camera": "cam-s"}) == 0
    assert REGISTRY.get_sample_value("anpr_camera_sharpness", {"camera": "cam-s"}) < 0.2  # type: ignore[operator]
    assert camera.show(DAY, 120) == [(None, 2705)]
    assert REGISTRY.get_sample_value("anpr_camera_view_ok", {"camera": "cam-s"}) == 1
    after = REGISTRY.get_sample_value("anpr_camera_degraded_total", {"camera": "cam-s", "state": "blurred"})
    assert after == losses + 1


@pytest.mark.slow
def test_what_is_blurred_is_not_learned_as_usual() -> None:
    camera = Camera()
    camera.show(DAY, LEARN)
    camera.show(blurred(DAY, 2), 2 * 3600)
    assert camera.view_quality.state == "blurred"


def test_a_new_camera_is_blurred_only_by_any_standard() -> None:
    assert Camera().show(blurred(DAY, 6), 120) == [("blurred", 5)]
    assert Camera().show(blurred(DAY, 1), 120) == []


def test_a_soft_camera_that_reads_plates_is_taken_as_it_is() -> None:
    soft = noisy(blurred(DAY, 4), sigma=0.5)
    camera = Camera()
    camera.show(soft, 30, reads=True)
    assert camera.show(soft, LEARN) == []
    assert camera.show(blurred(DAY, 12), 120)[0][0] == "blurred", "but not when it gets far softer still"


def test_a_lens_that_is_covered_shows_nothing() -> None:
    camera = Camera()
    camera.show(DAY, LEARN)
    assert camera.show(noisy(DAY * 0 + 140), 120) == [("blurred", 2105)]
    assert camera.show(DAY * 0 + 4, 120) == [("dark", 2225)]


def test_traffic_makes_no_interval() -> None:
    camera = Camera()
    camera.show(DAY, LEARN)
    for picture in (lorry(DAY, 0.9), headlights(DAY), noisy(DAY * 0 + 120), DAY * 0):
        for _ in range(5):
            assert camera.show(picture, 55) == []
            assert camera.show(DAY, 5) == []


def test_a_dark_night_without_a_plate_is_dark() -> None:
    camera = Camera()
    camera.show(DAY, 600, reads=True)
    assert camera.show(NIGHT, 600) == [("dark", 605)]
    for _ in range(5):
        assert camera.show(headlights(NIGHT), 10) == [], "a car that passes unread does not end it"
        assert camera.show(NIGHT, 20) == []
    assert camera.show(DAY, 120) == [(None, 1355)]


def test_a_night_in_which_plates_can_be_read_is_not_dark() -> None:
    camera = Camera()
    camera.show(DAY, 600, reads=True)
    camera.show(NIGHT, 600)
    assert camera.show(NIGHT, 5, reads=True) == [(None, 1205)], "the first plate says so at once"
    assert camera.show(NIGHT, 3600) == [], "and it is believed for the empty rest of the night"
    camera.show(DAY, 600, reads=True)
    assert camera.show(NIGHT, 600) == [], "and the next"
    assert camera.show(dimmed(DAY, 0.02), 120)[0][0] == "dark", "but not when the lamp fails"


def test_settings_change_what_is_blurred_dark_and_lasting() -> None:
    camera = Camera(SightSettings(every_s=10, after_s=300, blurred_below=0, dark_below=0))
    camera.show(DAY, 3000)
    assert camera.show(blurred(DAY, 1), 600) == []
    assert camera.show(DAY * 0 + 1, 600) == [("blurred", 3605)], "nothing at all is still nothing"
    strict = Camera(SightSettings(blurred_below=0.9))
    strict.show(DAY, LEARN)
    assert strict.show(blurred(DAY, 0.7), 120) == [("blurred", 2105)]


def test_what_was_learned_outlives_the_reader(tmp_path: Path) -> None:
    first = Camera(usual=Baseline("cam-s", tmp_path / "cam-s.json"))
    first.show(DAY, LEARN)
    first.view_quality.close()
    second = Camera(usual=Baseline("cam-s", tmp_path / "cam-s.json"))
    assert second.show(blurred(DAY, 1.5), 120) == [("blurred", 5)], "blurred while nobody ran"


def test_frames_in_between_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = Camera()
    camera.show(DAY, 100)
    monkeypatch.setattr("anpr.reader.camera.view_quality.measure_quality", lambda _: pytest.fail("looked too soon"))
    for number in range(1, 25):
        camera.view_quality.add(frame(DAY, camera.at_s + number / 5))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["uk_LS15EBC_1280x720_30fps.mp4", "vn_tollgate_1280x720.mp4"])
def test_a_real_street_blurred_and_dimmed(shared_data: Path, name: str) -> None:
    path = shared_data / "video" / name
    if not path.is_file():
        pytest.skip(f"{name} is not in ../shared/data/video")
    with av.open(str(path)) as container:
        pictures = [to_image(one) for one in itertools.islice(container.decode(video=0), 0, 160, 20)]
    camera = Camera()

    def watch(change: str, seconds: float) -> list[tuple[str | None, float]]:
        shown = [CHANGES[change](picture) for picture in pictures]
        looped = itertools.islice(itertools.cycle(shown), round(seconds / 5))
        return [each for picture in looped for each in camera.show(picture, 5)]

    assert watch("clear", LEARN) == []
    assert watch("blurred", 200) == [("blurred", 2105)]
    assert watch("clear", 200) == [(None, 2305)]
    assert watch("dark", 200) == [("dark", 2505)]
    assert watch("clear", 200) == [(None, 2705)]
