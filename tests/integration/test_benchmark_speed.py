# SPDX-License-Identifier: AGPL-3.0-or-later
"""The speed benchmark's films, and what it makes of them."""

from pathlib import Path

from anpr.capture.media import open_video
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings
from scripts.benchmarks.reader.film import HEIGHT, RATE, WIDTH, write_film
from scripts.benchmarks.reader.speed import measure_cameras


def test_a_film_is_1080p_at_25_frames_a_second(tmp_path: Path) -> None:
    frames = list(open_video(write_film(tmp_path / "film.mp4", 0.0, 3), SystemClock()))

    assert [round(frame.at_s * RATE) for frame in frames] == [0, 1, 2]
    assert frames[0].image.shape == (HEIGHT, WIDTH, 3)


def test_frames_with_a_plate_are_looked_at_and_an_empty_road_is_not(tmp_path: Path) -> None:
    settings = ReaderSettings()
    reader = build_plate_reader(settings)
    busy, empty = write_film(tmp_path / "busy.mp4", 0.5, 6), write_film(tmp_path / "empty.mp4", 0.0, 6)

    passing = measure_cameras(settings, reader, busy, 6)
    nothing = measure_cameras(settings, reader, empty, 6)

    assert (passing["looks"], passing["passes"]) == (6, 1)
    assert (nothing["looks"], nothing["passes"]) == (1, 0)
    assert nothing["cameras"] > 0
