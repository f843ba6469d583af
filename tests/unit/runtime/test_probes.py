# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metrics, life and readiness over HTTP."""

import socket
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack

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
    assert readiness.why_not() == "cameras"


def test_one_that_cannot_work_names_the_parts_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    readiness = Readiness()

    def broken() -> str | None:
        raise StoreError("database: connection refused\nis the server running?")

    readiness.add("database", broken)
    readiness.add("source", lambda: "kafka b:1: no broker")
    readiness.add("images", lambda: None)
    with probes(0, readiness) as port:
        for _ in range(3):
            assert ask(port, "/readyz") == (503, "not ready: database, source\n"), "strangers ask too"
        assert [record.message for record in caplog.records if record.name == "anpr.runtime.probes"] == [
            "not ready: database: database: connection refused is the server running?",
            "not ready: source: kafka b:1: no broker",
        ]
        assert ask(port, "/healthz") == (200, "ok\n")


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingsError, match=rf"metrics_host, metrics_port: 127\.0\.0\.1:{port}: "),
            probes(port, Readiness()),
        ):
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


def test_it_is_for_this_machine_unless_the_settings_say_otherwise() -> None:
    with probes(0, Readiness()) as port:
        for address in ("127.0.0.2", "127.0.0.1"):
            try:
                socket.create_connection((address, int(port or 0)), 5).close()
                reached = True
            except ConnectionRefusedError:
                reached = False
            assert reached is (address == "127.0.0.1"), address
    with probes(0, Readiness(), "0.0.0.0") as port:
        socket.create_connection(("127.0.0.2", int(port or 0)), 5).close()


def test_silent_clients_take_few_threads_and_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anpr.runtime.probes._ANSWER_WITHIN_S", 0.2)
    with probes(0, Readiness()) as port, ExitStack() as stack:
        before = threading.active_count()
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", int(port or 0)))) for _ in range(100)]
        assert threading.active_count() - before <= 16
        for each in crowd:
            each.settimeout(30)
        assert {each.recv(1) for each in crowd} == {b""}
        assert ask(port, "/healthz")[0] == 200
