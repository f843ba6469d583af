# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of cameras: the login apart from the address, and files that must be there."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from anpr.settings import CameraSettings, missing_file


def camera(**keys: Any) -> CameraSettings:
    return CameraSettings.model_validate({"id": "c", **keys})


def test_user_and_secret_file_reach_the_camera() -> None:
    made = camera(url="rtsp://h/x", user="viewer", secret_file="/etc/anpr/c.txt").to_domain()
    assert (made.url, made.user, made.secret_file) == ("rtsp://h/x", "viewer", Path("/etc/anpr/c.txt"))


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"url": "rtsp://h/x", "secret_file": "f"}, "secret_file needs user"),
        ({"url": "rtsp://u:SEGRETO@h/x", "user": "u", "secret_file": "f"}, "leave it out of url"),
        ({"url": "film.mp4", "user": "u"}, "a file or folder has no login"),
    ],
)
def test_a_login_is_in_one_place(keys: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        camera(**keys)
    assert "SEGRETO" not in str(caught.value)


@pytest.mark.parametrize("url", ["udp://:5004", "udp://@239.0.0.1:5004", "srt://:9000?mode=listener"])
def test_a_stream_may_come_to_a_port_of_this_machine(url: str) -> None:
    assert camera(url=url).is_live


def test_a_missing_film_and_a_missing_password_are_told(tmp_path: Path) -> None:
    assert missing_file(camera(url="rtsp://h/x")) is None
    film = tmp_path / "film.mp4"
    assert str(missing_file(camera(url=str(film)))).startswith(f"camera c: url: no such file or folder: {film}")
    film.touch()
    assert missing_file(camera(url=str(film))) is None
    secret = tmp_path / "secret"
    live = camera(url="rtsp://h/x", user="u", secret_file=str(secret))
    assert missing_file(live) == f"camera c: secret_file: {secret}: No such file or directory"
    secret.write_text("\ufeff\n", encoding="utf-8")
    assert missing_file(live) == f"camera c: secret_file: {secret}: empty"
    secret.write_text("segreto", encoding="utf-8")
    assert missing_file(live) is None
