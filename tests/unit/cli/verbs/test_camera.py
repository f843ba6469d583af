# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr camera`: cameras are listed without their addresses, and tried one by one."""

from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result

from anpr.capture.image_file import read_image
from anpr.cli import main

SITE = """
gates:
  - {{id: g1, name: Nord, purpose: p, legal_basis: l, cameras: [{{id: c1, url: "{url}"}}]}}
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(50):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def run(folder: Path, url: str, *arguments: str) -> Result:
    site = folder / "site.yaml"
    site.write_text(SITE.format(url=url), encoding="utf-8")
    return CliRunner().invoke(main, ["--config", str(site), "camera", *arguments])


def test_cameras_are_listed_without_their_addresses(tmp_path: Path) -> None:
    assert run(tmp_path, "rtsp://u:segreto@h/x", "list").output == "c1\tplate\t\tg1 (Nord)\n"


def test_a_camera_is_tried_and_its_picture_kept(tmp_path: Path, film: Path) -> None:
    result = run(tmp_path, str(film), "probe", "c1", "--save", str(tmp_path / "last.jpg"))
    assert result.exit_code == 0, result.output
    assert result.output.startswith("h264, 64 × 48 px, 25.0 frames a second (50 frames in 2.0 s)\nfirst frame after ")
    assert read_image(tmp_path / "last.jpg").shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("camera", "told"),
    [
        ("c2", "Error: camera c2: no such camera in the settings; there are: c1\n"),
        ("rstp://u:segreto@h/x", "Error: url: unknown scheme; expected rtp://… or rtsp://…\n"),
        ("10.1.2.3", "Error: url: an address begins with its scheme: rtsp://HOST/…"),
        ("nowhere/film.mp4", "no such file or folder: nowhere/film.mp4"),
        ("rtsp://u:segreto@127.0.0.1:1/x", "Error: camera probe: unreachable: "),
    ],
)
def test_what_is_wrong_is_said_without_the_password(tmp_path: Path, film: Path, camera: str, told: str) -> None:
    result = run(tmp_path, str(film), "probe", camera)
    assert result.exit_code == 1
    assert told in result.output
    assert "segreto" not in result.output
