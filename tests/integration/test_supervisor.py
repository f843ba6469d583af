# SPDX-License-Identifier: AGPL-3.0-or-later
"""Children are watched, started again, stopped in order, and never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from anpr.runtime.clock import ManualClock
from anpr.up.supervisor import Supervisor
from tests.support.waiting import eventually

STEADY = """
import json, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("ready", flush=True)
signal.sigwait({signal.SIGTERM})
print(json.dumps({"frames": 3, "name": "x"}))
"""
DEAF = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def supervisor(tmp_path: Path, clock: ManualClock) -> Iterator[Supervisor]:
    made = Supervisor(command=[sys.executable, "-c"], environment=dict(os.environ), folder=tmp_path, clock=clock)
    yield made
    made.stop_all(1)


def wait_for_ready(folder: Path, name: str) -> None:
    eventually(lambda: "ready" in (folder / f"{name}.out").read_text(encoding="utf-8"), seen=lambda: f"no {name}")


def test_stop_asks_politely_and_returns_the_summary(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("steady", [STEADY])
    wait_for_ready(tmp_path, "steady")
    assert supervisor.stop("steady", 120) == {"frames": 3, "name": "x"}
    assert supervisor.restarts() == 0


def test_a_deaf_child_is_killed(supervisor: Supervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    supervisor.start("deaf", [DEAF])
    wait_for_ready(tmp_path, "deaf")
    assert supervisor.stop("deaf", 0.1) == {}
    assert "deaf did not stop" in caplog.text


def test_a_child_that_crashes_comes_back_after_a_wait_that_doubles(
    supervisor: Supervisor, clock: ManualClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marker = tmp_path / "runs"
    supervisor.start("weak", [f"open({str(marker)!r}, 'a').write('x'); raise SystemExit(3)"])
    for expected_wait in (1, 2, 4):
        runs = _wait_until_ended(supervisor)
        supervisor.check()
        assert f"weak ended with status 3; starting it again in {expected_wait} s" in caplog.text
        clock.advance(expected_wait - 0.1)
        supervisor.check()
        assert _wait_until_ended(supervisor) == runs, "it waited"
        clock.advance(0.2)
        supervisor.check()
    _wait_until_ended(supervisor)
    assert marker.read_text() == "xxxx"
    assert supervisor.restarts() == 3


def _wait_until_ended(supervisor: Supervisor) -> int:
    process = supervisor._children["weak"].process
    assert process is not None
    process.wait(120)
    return process.pid


def test_children_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    parent_code = (
        "import os, pathlib, sys, threading\n"
        "from anpr.runtime.clock import SystemClock\n"
        "from anpr.up.supervisor import Supervisor\n"
        f"s = Supervisor(command=[sys.executable, '-c'], environment=dict(os.environ),"
        f" folder=pathlib.Path({str(tmp_path)!r}), clock=SystemClock())\n"
        f"s.start('steady', [{STEADY!r}])\n"
        "print(s._children['steady'].process.pid, flush=True)\n"
        "threading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        wait_for_ready(tmp_path, "steady")
        parent.send_signal(signal.SIGKILL)
    psutil.wait_procs([child], timeout=120)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_child_may_have_an_environment_of_its_own(supervisor: Supervisor, tmp_path: Path) -> None:
    say = 'import json, os; print(json.dumps({"port": os.environ["ANPR_METRICS_PORT"]}))'
    supervisor.start("one", [say], {"ANPR_METRICS_PORT": "9100"})
    supervisor.start("other", [say], {"ANPR_METRICS_PORT": "9101"})
    for name in ("one", "other"):
        eventually(lambda out=tmp_path / f"{name}.out": "port" in out.read_text(encoding="utf-8"))  # type: ignore[misc]
    assert [supervisor.stop(name, 120)["port"] for name in ("one", "other")] == ["9100", "9101"]


def test_a_child_runs_also_where_its_summary_cannot_be_kept(
    supervisor: Supervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "steady.out").mkdir()  # as root no mode refuses anything; a folder in its place does
    supervisor.start("steady", [STEADY])
    assert supervisor._children["steady"].is_running()
    assert "its summary cannot be kept" in caplog.text
    assert supervisor.stop("steady", 120) == {}
    assert "its summary cannot be read" in caplog.text


def test_a_child_that_cannot_be_started_is_tried_again(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "program"
    supervisor = Supervisor(command=[str(program)], environment=dict(os.environ), folder=tmp_path, clock=clock)
    supervisor._command = [str(program)]  # without setpriv, which would be started and say so itself
    supervisor.start("late", [])
    supervisor.check()
    assert "late cannot be started: No such file or directory" in caplog.text
    assert "late was not started; starting it again in 1 s" in caplog.text
    program.write_text("#!/bin/sh\necho '{\"frames\": 1}'\n")
    program.chmod(0o700)
    clock.advance(1.1)
    supervisor.check()
    process = supervisor._children["late"].process
    assert process is not None
    process.wait(120)
    assert supervisor.stop("late", 120) == {"frames": 1}


def test_a_summary_that_was_cut_short_ends_nobody(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    supervisor.start("cut", ["print('{\"frames\": ')"])
    process = supervisor._children["cut"].process
    assert process is not None
    process.wait(120)
    supervisor.check()
    assert supervisor.restarts() == 1
    assert "cut: its summary cannot be read" in caplog.text
