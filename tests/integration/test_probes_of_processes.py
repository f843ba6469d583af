# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every process of the centre, started for real, answers Prometheus and says whether it works."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import psycopg.conninfo
import pytest
import yaml

from scripts.lab.ports import free_ports
from tests.support.waiting import eventually

DEADLINE_S = 240.0
DESTINATION = {
    "id": "questura", "profile": "scntt-example", "protocol": "7/2025", "protocol_until": "2099-12-31",
}  # fmt: skip


@contextmanager
def process(folder: Path, url: str, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    values = {
        "data_dir": str(folder / "data"),
        "metrics_port": port,
        "console": {"port": 0},
        "forwarding": [{**DESTINATION, "target": f"directory:{folder / 'out'}"}],
    }
    (folder / "site.yaml").write_text(yaml.safe_dump(values))
    environment = {**os.environ, "ANPR_CONFIG": str(folder / "site.yaml"), "DATABASE_URL": url}
    environment.pop("KAFKA_BOOTSTRAP", None)
    command = [sys.executable, "-m", "anpr", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as started:
        try:
            yield started
        finally:
            started.terminate()
            _, errors = started.communicate(timeout=DEADLINE_S)
        assert started.returncode == 0, errors
        assert "Traceback" not in errors


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read().decode()
    except OSError as exc:
        return 0, str(exc)


def wait_for(started: subprocess.Popen[str], port: int, status: int) -> str:
    """What /readyz says once it answers with this status."""

    def says() -> str | None:
        assert started.poll() is None, started.communicate()
        code, text = ask(port, "/readyz")
        return text if code == status and "not open yet" not in text else None

    return eventually(says, seen=lambda: ask(port, "/readyz")) or ""


@pytest.mark.parametrize(
    ("verb", "named"),
    [
        ("ingest", 'anpr_poison_total{reason="not-json",topic="anpr.transits"} 0.0'),
        ("console", "# TYPE anpr_alarms_total counter"),
        ("notify serve", 'anpr_notifications_total{channel="email",outcome="dead"} 0.0'),
        ("forward serve", 'anpr_forward_runs_total{destination="questura",outcome="failed"} 0.0'),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_it_is_scraped_and_says_when_the_database_is_gone(
    verb: str, named: str, tmp_path: Path, database_url: str
) -> None:
    (port,) = free_ports(1)
    with process(tmp_path, database_url, port, *verb.split()) as started:
        assert wait_for(started, port, 200) == "ready\n"
        status, metrics = ask(port, "/metrics")
        assert status == 200
        assert named in metrics
        assert ask(port, "/healthz") == (200, "ok\n")
        with cut_off(database_url):
            reason = wait_for(started, port, 503)
            assert reason.startswith("not ready: ")
            assert "database" in reason
            assert database_url not in reason
            assert reason.count("\n") == 1
            assert ask(port, "/healthz") == (200, "ok\n")
        wait_for(started, port, 200)


@contextmanager
def cut_off(url: str) -> Iterator[None]:
    """Nobody gets into this database any more, and who was in is out."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    outside = psycopg.conninfo.make_conninfo(url, dbname="postgres")
    with psycopg.connect(outside, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        try:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            yield
        finally:
            conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def test_a_port_that_is_taken_is_a_clear_error(tmp_path: Path, database_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "site.yaml").write_text(yaml.safe_dump({"data_dir": str(tmp_path), "metrics_port": port}))
        environment = {**os.environ, "ANPR_CONFIG": str(tmp_path / "site.yaml"), "DATABASE_URL": database_url}
        command = [sys.executable, "-m", "anpr", "ingest", "--for", "5s"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 1
    assert f"metrics_host, metrics_port: 127.0.0.1:{port}: " in done.stderr
    assert "Traceback" not in done.stderr
