# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr console` as a process of its own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.waiting import eventually

WITHIN_S = 240


def start(tmp_path: Path, url: str, *arguments: str) -> subprocess.Popen[str]:
    """The command with this database and a data folder of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
    environment |= {"DATABASE_URL": url, "ANPR_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "anpr", "console", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_answers_and_stops_when_told(tmp_path: Path, database_url: str, number: int) -> None:
    process = start(tmp_path, database_url, "--port", "0")
    try:
        assert process.stdout
        address = re.fullmatch(r"console: (http://127\.0\.0\.1:\d+/)\n", process.stdout.readline())
        assert address
        with httpx.Client(base_url=address[1], timeout=WITHIN_S) as client:
            eventually(lambda: client.get("/readyz").status_code == 200, WITHIN_S)
            assert "Sala operativa" in client.get("/login").text
        process.send_signal(number)
        _, log = process.communicate(timeout=WITHIN_S)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in log


def test_a_port_in_use_is_one_line(tmp_path: Path, database_url: str) -> None:
    first = start(tmp_path, database_url, "--port", "0")
    try:
        assert first.stdout
        port = re.search(r":(\d+)/", first.stdout.readline())
        assert port
        second = start(tmp_path, database_url, "--port", port[1])
        _, log = second.communicate(timeout=WITHIN_S)
        assert second.returncode == 1
        assert log == f"Error: console.host, console.port: 127.0.0.1:{port[1]}: Address already in use\n"
    finally:
        first.kill()
        first.communicate()


def test_a_database_without_the_schema_is_one_line(tmp_path: Path, empty_database_url: str) -> None:
    process = start(tmp_path, empty_database_url, "--port", "0")
    _, log = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 1
    assert log.startswith("Error: the database's schema is not current")
    assert log.count("\n") == 1
