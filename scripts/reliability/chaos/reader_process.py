"""A real `anpr reader` with a real camera: a drawn street, shown without end by an RTSP server."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import yaml

from anpr.demo.clips import encode
from anpr.demo.film import Film
from anpr.demo.rtsp import RtspServer
from anpr.demo.traffic import GATES
from scripts.reliability.chaos.outbox_log import begin_chronicle

READER, GATE, CAMERA = "reader-2", "street", "street-front"
CLIP = "street.mp4"
LENGTH_S = 6.0
PLATE = GATES[0].vehicles[0].plate


def draw(folder: Path) -> None:
    """One car that passes by day, and the empty street before and after it."""
    folder.mkdir()
    vehicle = replace(GATES[0].vehicles[0], at_s=2.8, km_h=30)
    scene = replace(GATES[0], vehicles=(vehicle,), length_s=LENGTH_S, night_from_s=1_000.0)
    encode(Film(scene), folder / CLIP)


@contextmanager
def street(folder: Path) -> Iterator[RtspServer]:
    """The camera's server, for as long as the context lasts."""
    draw(folder / "clips")
    with RtspServer(folder / "clips") as server:
        yield server
    shutil.rmtree(folder / "clips")


def write_settings(folder: Path, camera_port: int) -> Path:
    """Those of the reader, whose camera is reached over this port; its outbox keeps a chronicle."""
    data = folder / READER
    data.mkdir()
    begin_chronicle(data / "outbox.sqlite")
    camera = {"id": CAMERA, "url": f"rtsp://127.0.0.1:{camera_port}/{CLIP}", "lane": "1"}
    gate = {"id": GATE, "name": "a drawn street", "purpose": "chaos", "legal_basis": "none", "cameras": [camera]}
    values = {
        "data_dir": str(data),
        "gates": [gate],
        # The same car comes with each showing; it is a transit each time.
        "reader": {"id": READER, "assemble": {"reentry_s": 0}, "retry_max_s": 2.0},
    }
    path = folder / f"{READER}.yaml"
    path.write_text(yaml.safe_dump(values))
    return path
