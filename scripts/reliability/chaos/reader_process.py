# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real `anpr reader` with an RTSP camera that shows a drawn street in a loop."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from anpr.demo.rtsp import RtspServer
from scripts.lab.street import CLIP, draw_street
from scripts.reliability.chaos.outbox_log import install_outbox_log

READER, GATE, CAMERA = "reader-2", "street", "street-front"


@contextmanager
def street(folder: Path) -> Iterator[RtspServer]:
    """Serve the clip over RTSP for the duration of the context."""
    draw_street(folder / "clips")
    with RtspServer(folder / "clips") as server:
        yield server
    shutil.rmtree(folder / "clips")


def write_settings(folder: Path, camera_port: int) -> Path:
    """Write the settings of the reader, whose camera is reached at this port; its outbox gets the log."""
    data = folder / READER
    data.mkdir()
    install_outbox_log(data / "outbox.sqlite")
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
