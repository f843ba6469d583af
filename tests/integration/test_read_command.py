# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr read`, run as a user runs it, with the weights that ship, on drawn pictures."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from anpr.capture.image_file import read_image
from anpr.cli import main
from tests.support.clips import with_damaged_picture
from tests.support.loaded_once import loaded_once
from tests.support.streets import write_street


@pytest.fixture(scope="module", autouse=True)
def one_reader_for_equal_settings() -> Iterator[None]:
    """The models are loaded once for the module, not once for each call of the command."""
    with loaded_once("anpr.cli.verbs.read.build_plate_reader"):
        yield


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["read", *map(str, arguments)], catch_exceptions=False)


def test_one_json_line_a_picture_with_the_agreed_keys(tmp_path: Path) -> None:
    street = write_street(tmp_path / "street.png", "GB456MN")

    result = run("--format", "jsonl", street.path)

    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    fields = json.loads(line)
    assert set(fields) == {"file", "ms", "plates"}
    assert fields["file"] == str(street.path)
    assert fields["ms"] > 0
    (plate,) = fields["plates"]
    assert set(plate) == {"text", "raw", "second_raw", "confidence", "box", "country", "countries", "candidates"}
    assert plate["text"] == plate["raw"] == plate["candidates"][0]["text"] == "GB456MN"
    assert 0.4 <= plate["confidence"] <= 1
    assert plate["confidence"] == plate["candidates"][0]["probability"]
    x, y, w, h = plate["box"]
    assert abs(x - street.x) < 15
    assert abs(y - street.y) < 10
    assert abs(w - street.w) < 30
    assert abs(h - street.h) < 15


def test_lines_for_people_name_the_plate_and_explain_it(tmp_path: Path) -> None:
    street = write_street(tmp_path / "street.png", "GB456MN")

    plain, explained = run(street.path), run("--explain", street.path)

    assert "GB456MN" in plain.stdout
    assert len(plain.stdout.splitlines()) == 1
    assert "seen as GB456MN" in explained.stdout


def test_a_picture_without_a_plate_says_so(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    path.write_bytes(cv2.imencode(".png", np.full((480, 640, 3), 128, np.uint8))[1].tobytes())

    assert "no plate" in run(path).stdout
    assert json.loads(run("--format", "jsonl", path).stdout)["plates"] == []


def test_explain_tells_the_machine_what_was_turned_down(tmp_path: Path) -> None:
    street = write_street(tmp_path / "far.png", "GB456MN", plate_width=24)

    fields = json.loads(run("--format", "jsonl", "--explain", street.path).stdout)

    assert fields["plates"] == []
    for one in fields["rejected"]:
        assert set(one) == {"reason", "box", "score", "raw", "confidence"}


def test_a_folder_is_read_in_order_and_below(tmp_path: Path) -> None:
    write_street(tmp_path / "b.png", "GB456MN")
    write_street(tmp_path / "a" / "c.jpg", "FK123LT")
    (tmp_path / "notes.txt").write_text("not a picture")

    result = run("--format", "jsonl", tmp_path)

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["c.jpg", "b.png"]
    assert [line["plates"][0]["text"] for line in lines] == ["FK123LT", "GB456MN"]
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("empty.jpg", b"", "the file is empty"),
        ("text.jpg", b"hello\n", "not a picture"),
        ("notes.txt", b"hello\n", "not a picture"),
        ("text.mp4", b"this is no video\n", "not a video"),
        ("empty.mp4", b"", "empty"),
    ],
)
def test_a_broken_file_is_one_line_and_the_rest_is_still_read(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    bad = tmp_path / name
    bad.write_bytes(content)
    good = write_street(tmp_path / "good.png", "GB456MN")

    result = run("--format", "jsonl", bad, good.path)

    assert result.exit_code == 1
    (error,) = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert str(bad) in error
    assert complaint in error
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == [str(good.path)]
    assert "Traceback" not in result.output


def test_an_empty_folder_and_a_missing_path_are_errors(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    result = run(tmp_path / "empty", tmp_path / "nothing.jpg")

    assert result.exit_code == 1
    assert "empty: no picture or video in this folder" in result.stderr
    assert "nothing.jpg: no such file or folder" in result.stderr
    assert result.stdout == ""


def test_no_path_is_a_usage_error() -> None:
    result = run()

    assert result.exit_code == 2
    assert "PATHS" in result.output


def test_pictures_are_saved_with_what_was_read(tmp_path: Path) -> None:
    street = write_street(tmp_path / "street.png", "GB456MN")
    out = tmp_path / "out" / "marked"

    assert run("--save-pictures", out, street.path, street.path).exit_code == 0

    assert sorted(path.name for path in out.iterdir()) == ["street.jpg", "street_2.jpg"]
    marked, plain = (cv2.imread(str(path)) for path in (out / "street.jpg", street.path))
    assert marked is not None
    assert plain is not None
    assert (np.abs(marked.astype(int) - plain) > 60).any()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    street = write_street(tmp_path / "street.png", "GB456MN")

    result = run("--save-pictures", street.path / "below", street.path)

    assert result.exit_code == 1
    assert "Error: " in result.stderr
    assert "Traceback" not in result.output


def test_threads_and_engines_are_checked() -> None:
    assert run("--threads", "0", "x.jpg").exit_code == 2
    assert run("--engine", "dream", "x.jpg").exit_code == 2


class TestCamera:
    @staticmethod
    def site(folder: Path, masks: str) -> Path:
        path = folder / "site.yaml"
        camera = f"{{id: cam-1, url: film.mp4, masks: {masks}}}"
        path.write_text(f"gates: [{{id: g, name: G, purpose: test, legal_basis: none, cameras: [{camera}]}}]\n")
        return path

    def read(self, site: Path, *arguments: object) -> Result:
        return CliRunner().invoke(main, ["--config", str(site), "read", *map(str, arguments)])

    def test_under_its_mask_nothing_is_read_and_the_reason_is_told(self, tmp_path: Path) -> None:
        street = write_street(tmp_path / "street.png", "GB456MN")
        site = self.site(tmp_path, "[[[0, 0.5], [1, 0.5], [1, 1], [0, 1]]]")
        drawn = tmp_path / "drawn"

        read = self.read(site, "--camera", "cam-1", "--format", "jsonl", "--explain", street.path)
        told = self.read(site, "--camera", "cam-1", "--explain", "--save-pictures", drawn, street.path)

        assert json.loads(read.stdout)["plates"] == []
        assert [one["reason"] for one in json.loads(read.stdout)["rejected"]] == ["plate-masked"]
        assert "no    plate-masked: box" in told.stdout
        assert (drawn / "street.jpg").is_file()

    def test_an_unknown_camera_is_an_error_that_names_the_known(self, tmp_path: Path) -> None:
        street = write_street(tmp_path / "street.png", "GB456MN")
        result = self.read(self.site(tmp_path, "[]"), "--camera", "cam-2", street.path)
        assert result.exit_code != 0
        assert "no such camera in the settings; did you mean cam-1?" in result.stderr


def test_explain_tells_sign_by_sign_and_which_gate_it_was(tmp_path: Path) -> None:
    street = write_street(tmp_path / "street.png", "GB456MN")
    far = write_street(tmp_path / "far.png", "GB456MN", plate_width=27)

    explained = run("--explain", street.path, far.path).stdout

    assert "sign by sign: G" in explained
    turned_down = [line for line in explained.splitlines() if line.startswith("    no    ")]
    assert turned_down
    assert all("(at least 28×9 px): box" in one or "(confidence at least 40%): box" in one for one in turned_down)


def test_explain_of_a_video_tells_frames_and_tracks(tmp_path: Path) -> None:
    street = cv2.imread(str(write_street(tmp_path / "street.png", "GB456MN").path))
    assert street is not None
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as written:
        stream = written.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.asarray(street, np.uint8), format="bgr24")
        written.mux(stream.encode(picture))
        written.mux(stream.encode(None))

    told, lines = run("--explain", film), run("--explain", "--format", "jsonl", film)

    assert "    frame 0 (0.00 s)" in told.stdout
    assert "read  GB456MN  seen as GB456MN" in told.stdout
    assert "no transit: track-too-few-reads, GB456MN" in told.stdout
    frame, dropped = (json.loads(line) for line in lines.stdout.splitlines())
    assert (frame["frame"], frame["plates"][0]["text"]) == (0, "GB456MN")
    assert (dropped["dropped"], dropped["plate"], dropped["reads"]) == ("track-too-few-reads", "GB456MN", 1)


def grainy_film(path: Path, text: str) -> Path:
    """Two seconds of a street, with a key frame each second and grain, so that there is something to damage."""
    street = read_image(write_street(path.with_suffix(".png"), text).path)
    rng = np.random.default_rng(4)
    with av.open(str(path), "w") as written:
        stream = written.add_stream("libx264", rate=10, options={"preset": "veryfast", "g": "10", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for _ in range(20):
            noisy = np.clip(street + rng.normal(0, 5, street.shape), 0, 255).astype(np.uint8)
            written.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        written.mux(stream.encode(None))
    return path


def test_a_damaged_film_is_told_with_status_1_and_so_is_what_was_read_before(tmp_path: Path) -> None:
    film = grainy_film(tmp_path / "film.mp4", "GB456MN")
    with_damaged_picture(film, film, 12)

    result = run("--explain", film)

    assert result.exit_code == 1
    assert "read  GB456MN" in result.stdout
    (error,) = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert re.fullmatch(rf"error: {film}: damaged: \d+ of 20 frames are damaged and were not read for plates", error)


def test_a_recorders_raw_export_is_read_under_its_own_name(tmp_path: Path) -> None:
    raw = grainy_film(tmp_path / "raw.h264", "GB456MN").rename(tmp_path / "export.dav")
    (tmp_path / "readme.pdf").touch()
    (tmp_path / "raw.png").unlink()

    alone, folder = run("--explain", raw), run("--explain", tmp_path)

    for result in (alone, folder):
        assert result.exit_code == 0, result.output
        assert "read  GB456MN" in result.stdout
    assert "1 files passed over, no picture or video by name (1 .pdf)" in folder.stderr
