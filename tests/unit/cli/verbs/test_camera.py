# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr camera`: cameras are listed without their addresses, and tried one by one."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result

from anpr.capture.image_file import Image, read_image
from anpr.cli import main
from anpr.reader.plates.plate_reader import Found, ReadResult
from tests.support.grey_reader import GreyReader, write_greys

SITE = """
gates:
  - {{id: g1, name: Nord, purpose: p, legal_basis: l, cameras: [{{id: c1, url: "{url}"}}]}}
"""


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    """No models: of these films nothing is read, unless a test says otherwise."""
    monkeypatch.setattr("anpr.cli.verbs.camera.build_plate_reader", lambda _: OneLookReader({}))


class OneLookReader(GreyReader):
    """Reads what it finds in one look."""

    def read_found(self, image: Image, found: Found) -> ReadResult:
        return ReadResult(accepted=tuple(self.read_box(image, one, 0) for one in found.detections), rejected=())


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


def test_plates_are_shown_with_their_width_and_what_to_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anpr.cli.verbs.camera.build_plate_reader", lambda _: OneLookReader({200: "AB123CD"}))
    film = write_greys(tmp_path / "greys.mp4", [(0, 1.0), (200, 1.0)])
    result = run(tmp_path, str(film), "probe", "--camera", "c1", "--for", "1.8", "--picture", str(tmp_path / "p.jpg"))
    assert result.exit_code == 0, result.output
    assert "plate AB123CD: 90 px wide, in " in result.output
    assert "to change: plates are 90 px wide at most; 100 px or more are read well" in result.output
    marked = read_image(tmp_path / "p.jpg")
    assert marked.shape == (240, 320, 3)
    assert np.ptp(marked.reshape(-1, 3), axis=0).max() > 100, "the frame with the plate, and a box drawn in it"


def test_the_same_as_json(tmp_path: Path, film: Path) -> None:
    result = run(tmp_path, str(film), "probe", "c1", "--for", "1", "--json")
    told = json.loads(result.output)
    assert (told["codec"], told["width"], told["height"], told["frames_per_s"]) == ("h264", 64, 48, 25.0)
    assert told["announced_frames_per_s"] == 25.0
    assert told["plates"] == []
    assert [one["finding"] for one in told["advice"]] == ["no-plate", "dark"]


@pytest.mark.parametrize("arguments", [[], ["c1", "--camera", "c1"]])
def test_one_camera_is_named_and_no_more(tmp_path: Path, film: Path, arguments: list[str]) -> None:
    result = run(tmp_path, str(film), "probe", *arguments)
    assert result.exit_code == 2
    assert "name one camera: ID, URL, or --camera ID" in result.output


def test_a_file_that_is_no_video_is_told(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear camera", encoding="utf-8")
    result = run(tmp_path, "rtsp://h/x", "probe", str(path))
    assert result.exit_code == 1
    assert f"Error: camera probe: undecodable: {path}: not a video" in result.output


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
