# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr accept` over a drawn film with the weights that ship: vehicles read right, wrong, not at all and at night."""

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from anpr.accept.folder.records import MotionEvent
from anpr.accept.folder.workspace import Workspace
from anpr.capture.image_file import Image
from anpr.cli import main
from anpr.demo.clips import encode
from anpr.demo.film import Film
from anpr.demo.traffic import GATES
from anpr.domain.read import Candidate, PlateRead
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found, PlateReader, Rejected, build_plate_reader
from anpr.settings import ReaderSettings

RIGHT, WRONG, MISSED, AT_NIGHT = "NT482KB", "PV907FX", "RK316LD", "PW538MN"
MISREAD = "PV907EX"
PASSES_AT_S = {RIGHT: 2.5, WRONG: 6.0, MISSED: 9.0, AT_NIGHT: 13.0}


class MisreadingReader:
    """The reader that ships, but for one plate, which it always reads with another letter."""

    def __init__(self, reader: PlateReader) -> None:
        self._reader = reader
        self.second = None

    def find(self, image: Image) -> Found:
        return self._reader.find(image)

    def read_box(self, image: Image, detection: Detection, turn: int) -> PlateRead | Rejected:
        read = self._reader.read_box(image, detection, turn)
        if isinstance(read, Rejected) or read.text != WRONG:
            return read
        candidates = (Candidate(text=MISREAD, probability=0.97),)
        return replace(read, text=MISREAD, raw=MISREAD, candidates=candidates, positions=())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """15 s of a street; the missed vehicle is so fast that its plate is in one frame only, taken at 9.0 s."""
    scene = GATES[0]
    vehicles = tuple(
        replace(vehicle, at_s=PASSES_AT_S[plate], km_h=1200 if plate == MISSED else 34)
        for plate in PASSES_AT_S
        for vehicle in scene.vehicles
        if vehicle.plate == plate
    )
    path = tmp_path_factory.mktemp("film") / "via-roma_2026-12-01_12-00-00.mp4"
    encode(Film(replace(scene, vehicles=vehicles, length_s=15.0, night_from_s=10.0)), path)
    return path


@pytest.fixture(scope="module")
def recorded(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after the recording."""
    folder = tmp_path_factory.mktemp("acceptance") / "collaudo"

    def build(settings: ReaderSettings) -> MisreadingReader:
        return MisreadingReader(build_plate_reader(settings))

    with patch("anpr.cli.verbs.accept.record.build_plate_reader", build):
        result = run("record", film, "--into", folder, "--side", "front")
    assert result.exit_code == 0, result.output
    assert not any(plate in result.output for plate in (*PASSES_AT_S, MISREAD))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["accept", *map(str, arguments)], catch_exceptions=False)


def count_by_hand(folder: Path) -> None:
    """As a person does who sees the images: each event gets the plate of the vehicle that is nearest at its peak."""
    workspace = Workspace.open(folder)
    (session,) = workspace.sessions()
    events = session.read(MotionEvent)
    plates = {}
    for plate, passes_at_s in PASSES_AT_S.items():
        distances = {
            event.label: abs((event.peak - session.state.began).total_seconds() - passes_at_s) for event in events
        }
        nearest = min(distances, key=distances.__getitem__)
        assert distances[nearest] < 1.5, f"no motion event shows the vehicle that passes at {passes_at_s} s"
        plates[nearest] = plate
    lines = workspace.count_path.read_text(encoding="utf-8-sig").splitlines()
    filled = [lines[0]]
    for line in lines[1:]:
        cells = line.split(";")
        cells[2] = plates.pop(cells[-1], "-")
        cells[5] = "notte" if cells[2] == AT_NIGHT else "giorno"
        filled.append(";".join(cells))
    assert not plates
    workspace.count_path.write_text("\n".join(filled), encoding="utf-8")


def test_the_sheet_says_what_was_read_right_wrong_and_not_at_all(recorded: Path) -> None:
    count_by_hand(recorded)

    result = run("report", recorded, "--class", "A", "--day", "07:30-17:00", "--json")

    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    groups = {(one["light"], one["side"]): one for one in figures["groups"]}
    total, day, night = groups[None, None], groups["day", None], groups["night", None]
    assert [(total[name]["hits"], total[name]["of"]) for name in ("coverage", "correct", "wrong", "not-read")] == [
        (3, 4),
        (2, 4),
        (1, 4),
        (1, 4),
    ]
    assert total["false"]["hits"] == 0
    assert (day["correct"]["hits"], day["correct"]["of"]) == (1, 3)
    assert (night["correct"]["hits"], night["correct"]["of"]) == (1, 1)
    assert figures["verdict"] == "open"
    html = (recorded / "collaudo.html").read_text(encoding="utf-8")
    assert f"contata {WRONG}, letta {MISREAD}" in html
    assert f"contata {MISSED}; " in html
    assert html.count("data:image/jpeg;base64,") == 3, "two of the wrong read, one of the missed vehicle's event"
    assert (recorded / "collaudo.pdf").read_bytes().startswith(b"%PDF-")
    assert RIGHT not in html


def test_a_sheet_without_plates_shows_none(recorded: Path) -> None:
    count_by_hand(recorded)

    result = run("report", recorded, "--day", "07:30-17:00", "--no-plates")

    assert result.exit_code == 0, result.output
    html = (recorded / "collaudo.html").read_text(encoding="utf-8")
    assert not any(plate in html + result.output for plate in (*PASSES_AT_S, MISREAD))
    assert "data:image" not in html
    assert "Copertura 75,0 % 3 su 4" in result.stdout
