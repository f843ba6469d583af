# SPDX-License-Identifier: AGPL-3.0-or-later
"""`make run`, as a newcomer sees it: the drawn streets on real RTSP, to alarms and forwarded files, and a clean end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from anpr.demo.clips import ensure_clips


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's clips, drawn once for all tests here: it takes most of a minute."""
    made = tmp_path_factory.mktemp("clips")
    ensure_clips(made)
    return made


@pytest.fixture
def folder(clips: Path) -> Iterator[Path]:
    """A data folder outside pytest's own: as root, PostgreSQL runs as another user, and each pytest session shuts the
    folder it shares with others to everybody else."""
    with tempfile.TemporaryDirectory(prefix="anpr-up-") as made:
        shutil.copytree(clips, Path(made) / "demo" / "clips")
        yield Path(made) / "demo"


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "ANPR_DATA_DIR": str(folder), "ANPR_CONSOLE__PORT": "0"}


@pytest.fixture
def no_orphans(folder: Path) -> Iterator[None]:
    """Nothing that the test started is left when it ends, in whatever way it ends."""
    yield
    _, left = psutil.wait_procs(_started_for(folder), timeout=120)
    assert [p.cmdline() for p in left if p.is_running()] == []


def _started_for(folder: Path) -> list[psutil.Process]:
    """Processes with our data folder in their environment: children of the demo inherit it, and nobody else has it.

    Each child has a session and a process group of its own, so that neither tells whose it is; and another copy of the
    system may run on this machine.
    """
    return [each for each in psutil.process_iter() if _environment(each).get("ANPR_DATA_DIR") == str(folder)]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):  # it has ended, or belongs to somebody else
        return {}


def test_an_orphan_is_found_by_its_data_folder_and_nobody_elses_is_blamed(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    command = [sys.executable, "-c", "print('up', flush=True); input()", "-m", "anpr", "--config", "x"]

    def start(data: Path) -> subprocess.Popen[str]:
        environment = {**os.environ, "ANPR_DATA_DIR": str(data)}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True, start_new_session=True)

    with start(folder) as ours, start(tmp_path / "theirs") as theirs:
        for process in (ours, theirs):
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
        assert [each.pid for each in _started_for(folder)] == [ours.pid]
        for process in (ours, theirs):
            process.communicate("\n")


@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("no_orphans")
def test_the_demo_sees_reads_raises_forwards_and_ends_by_itself(environment: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "anpr", "up", "--for", "60s", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=1400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["frames"] > 50
    assert summary["plates"] > 10
    assert summary["transits"] >= 2
    assert summary["alarms"] >= 1
    assert summary["forwarded"] >= 1
    assert summary["seconds"] >= 60
    assert summary["restarts"] == 0, done.stderr
    assert any((folder / "forwarded").rglob("*")), "files were forwarded into the local directory"
    assert "Traceback" not in done.stderr


@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("no_orphans")
def test_ctrl_c_stops_everything(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "anpr", "up"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        seen = []
        try:
            for line in process.stderr:
                seen.append(line)
                if "Ctrl-C stops everything" in line:
                    process.send_signal(signal.SIGINT)
            process.wait(480)
        except BaseException:
            process.kill()  # leaving the block waits for it, with no end if it does not stop
            raise
    assert process.returncode == 0, "".join(seen)
    assert "Traceback" not in "".join(seen)


def test_a_second_one_in_the_same_folder_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    from anpr.up.run import only_one

    site = tmp_path / "site.yaml"
    site.write_text(f"data_dir: {tmp_path / 'site'}\n", encoding="utf-8")
    with only_one(tmp_path / "site"):
        done = subprocess.run(
            [sys.executable, "-m", "anpr", "--config", str(site), "up", "--for", "1s"],
            env={name: value for name, value in environment.items() if name != "ANPR_DATA_DIR"},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 1
    assert "another 'anpr up' is running there" in done.stderr
    assert "Traceback" not in done.stderr
