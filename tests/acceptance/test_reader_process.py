# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr reader` as a process: ends by itself, after --for, or when told to, and says what it did."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.lab.ports import free_ports
from tests.support.traffic import draw_traffic

DEADLINE_S = 240.0
SCRIPTED = ["-m", "tests.acceptance.scripted_reader", "reader"]


class Site:
    """A folder with a film, and the settings of a reader that looks at it."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.folder = folder
        self._repository = repository

    def write(self, url: str, **more: object) -> None:
        camera = {"id": "cam-1", "url": url}
        gate = {"id": "gate-1", "name": "x", "purpose": "test", "legal_basis": "none", "cameras": [camera]}
        values = {"data_dir": str(self.folder / "data"), "gates": [gate], **more}
        (self.folder / "site.yaml").write_text(yaml.safe_dump(values))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "ANPR_CONFIG": str(self.folder / "site.yaml")}
        environment.pop("KAFKA_BOOTSTRAP", None)
        return subprocess.Popen(
            [sys.executable, *SCRIPTED, *arguments],
            cwd=self._repository,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def site(tmp_path: Path, repository: Path) -> Site:
    return Site(tmp_path, repository)


def ended(process: subprocess.Popen[str], status: int = 0) -> tuple[dict[str, Any], str]:
    """Its summary and what it logged."""
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == status, err
    assert "Traceback" not in err
    summary: dict[str, Any] = json.loads(out.splitlines()[-1])
    return summary, err


def test_films_are_read_to_their_end(site: Site) -> None:
    draw_traffic(site.folder / "film", 4)
    site.write(str(site.folder / "film"))
    summary, err = ended(site.start("--json"))
    assert summary.pop("seconds") < DEADLINE_S
    assert summary == {"cameras": 1, "frames": 68, "plates": 20, "transits": 4, "model_errors": 0, "restarts": 0}
    assert "transits 4" in err.splitlines()[-1]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to_and_still_says_what_it_did(site: Site, sign: signal.Signals) -> None:
    draw_traffic(site.folder / "film", 50, rounds=40)
    site.write(str(site.folder / "film"), reader={"assemble": {"reentry_s": 0}})
    process = site.start("--json")
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(sign)
    summary, _ = ended(process)
    assert first.strip()
    assert 1 <= summary["transits"] < 2000


def test_it_stops_by_itself_and_serves_its_metrics(site: Site) -> None:
    """The camera cannot be reached: the reader goes on trying, and says so in its metrics."""
    (port,) = free_ports(1)
    site.write("rtsp://127.0.0.1:1/none", metrics_port=port, reader={"retry_min_s": 0.1, "retry_max_s": 0.2})
    process = site.start("--json", "--for", "8s")
    assert process.stderr is not None
    while "cam-1" not in (line := process.stderr.readline()):
        assert line, "it ended without a word about its camera"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        metrics = answer.read().decode()
    assert 'anpr_camera_faults_total{camera="cam-1",fault="unreachable"}' in metrics
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60)
    with refused.value as answer:
        assert (answer.code, answer.read()) == (503, b"not ready: cameras\n")
    summary, err = ended(process, status=1)
    assert summary["frames"] == 0
    assert 8 <= summary["seconds"] < 30
    assert err.splitlines()[-1] == "Error: no frame could be read (1 camera); the log above says why"


def test_a_film_that_is_not_there_is_no_success(site: Site) -> None:
    site.write(str(site.folder / "no-such-film.mp4"))
    summary, err = ended(site.start("--json"), status=1)
    assert summary["frames"] == 0
    assert "no-such-film.mp4" in err
    assert err.splitlines()[-1] == "Error: no frame could be read (1 camera); the log above says why"


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"reader": {"gates": ["gate-9"]}}, "gate-9"),
        ({"reader": {"assemble": {"min_read": 2}}}, "reader.assemble.min_read"),
    ],
)
def test_wrong_settings_are_one_line_that_names_the_key(site: Site, more: Mapping[str, object], named: str) -> None:
    site.write("film.mp4", **more)
    process = site.start()
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1
    assert named in err.splitlines()[-1]
    assert "Traceback" not in err


def test_two_readers_on_one_outbox_are_refused(site: Site) -> None:
    draw_traffic(site.folder / "film", 50, rounds=40)
    site.write(str(site.folder / "film"), reader={"assemble": {"reentry_s": 0}})
    first = site.start("--json")
    assert first.stdout is not None
    first.stdout.readline()
    second = site.start()
    _, err = second.communicate(timeout=DEADLINE_S)
    first.send_signal(signal.SIGTERM)
    ended(first)
    assert second.returncode == 1
    assert "outbox" in err.splitlines()[-1]
