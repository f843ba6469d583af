# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metrics, life and readiness over HTTP."""

import socket
import threading
import urllib.error
import urllib.request

import pytest

from anpr.domain.errors import SettingsError, StoreError
from anpr.runtime.probes import Readiness, probes


def ask(port: int | None, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read().decode()


def test_a_process_that_works_says_so() -> None:
    readiness = Readiness()
    readiness.add("database", lambda: None)
    with probes(0, readiness) as port:
        assert ask(port, "/healthz") == (200, "ok\n")
        assert ask(port, "/readyz") == (200, "ready\n")
        status, metrics = ask(port, "/metrics")
        assert status == 200
        assert "# TYPE anpr_drops_total counter" in metrics
        assert ask(port, "/secrets")[0] == 404


def test_one_that_starts_says_what_it_waits_for() -> None:
    readiness = Readiness(starting="the models are loading")
    readiness.add("cameras", lambda: "none of 2 is up")
    assert readiness.why_not() == "the models are loading"
    readiness.started()
    assert readiness.why_not() == "cameras: none of 2 is up"


def test_one_that_cannot_work_says_why_in_one_line_and_lives() -> None:
    readiness = Readiness()

    def broken() -> str | None:
        raise StoreError("database: connection refused\nis the server running?")

    readiness.add("database", broken)
    readiness.add("source", lambda: "kafka b:1: no broker")
    readiness.add("images", lambda: None)
    with probes(0, readiness) as port:
        expected = "database: database: connection refused is the server running?; source: kafka b:1: no broker"
        assert ask(port, "/readyz") == (503, f"not ready: {expected}\n")
        assert ask(port, "/healthz") == (200, "ok\n")


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"metrics_port: {port}: "), probes(port, Readiness()):
            pass


def test_without_a_port_nothing_is_served() -> None:
    before = threading.active_count()
    with probes(None, Readiness()) as port:
        assert port is None
        assert threading.active_count() == before


def test_a_client_that_says_nothing_keeps_nobody_waiting() -> None:
    with probes(0, Readiness()) as port, socket.create_connection(("127.0.0.1", int(port or 0))) as silent:
        silent.sendall(b"GET /met")
        assert ask(port, "/healthz")[0] == 200
