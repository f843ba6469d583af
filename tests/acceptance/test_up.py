# SPDX-License-Identifier: AGPL-3.0-or-later
"""`make run`, as a newcomer sees it: drawn streets on real RTSP, alarms, what a simulated office got, a clean end."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psutil
import psycopg
import pytest

from anpr.demo.clips import ensure_clips
from anpr.store.embedded.roles import CentreRole, role_url
from anpr.store.embedded.server import find_server, start, stop
from tests.support.waiting import eventually


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
    assert any((folder / "simulator" / "requests").glob("*.xml")), "the simulated office has got files"
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


@pytest.mark.timeout(600)
def test_a_database_that_is_away_at_the_start_is_waited_for_until_sigterm(
    environment: dict[str, str], tmp_path: Path
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(f"data_dir: {tmp_path / 'site'}\n", encoding="utf-8")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "anpr", "--config", str(site), "up", "--json"],
        env={**environment, "DATABASE_URL": "postgresql://anpr:topsecret@127.0.0.1:1/anpr"},
        stdout=pipe,
        stderr=pipe,
        text=True,
    ) as process:
        up = _Up(process)
        try:
            up.wait_for("database: waiting for 127.0.0.1:1 since 0 s")
            assert up.end()["frames"] == 0
        except BaseException:
            process.kill()
            raise
    assert "topsecret" not in "".join(up.said)
    assert "Traceback" not in "".join(up.said)


@contextmanager
def _up(environment: dict[str, str]) -> Iterator["_Up"]:
    """The demo, running, until the block ends."""
    command = [sys.executable, "-m", "anpr", "up", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        up = _Up(process)
        try:
            up.wait_for("Ctrl-C stops everything")
            yield up
        except BaseException:
            process.kill()
            raise


class _Up:
    """A running `anpr up`, and what it said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with suppress(ValueError):  # closed when the test has failed
            self.said.extend(iter(self.process.stderr.readline, ""))

    def wait_for(self, words: str) -> None:
        def is_said() -> bool:
            assert self.process.poll() is None, "".join(self.said)
            return any(words in line for line in list(self.said))

        eventually(is_said, seen=lambda: "".join(self.said[-30:]))

    def end(self) -> dict[str, Any]:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        summary = json.loads(self.process.stdout.read().splitlines()[-1])
        assert self.process.wait(240) == 0, "".join(self.said)
        return dict(summary)


def _transits(url: str) -> set[UUID]:
    """What is stored; nothing while the server recovers."""
    try:
        with psycopg.connect(url) as conn:
            return {row[0] for row in conn.execute("SELECT id FROM transits")}
    except psycopg.OperationalError:
        return set()


def _waiting(folder: Path) -> set[UUID]:
    """The ids of the transits that wait in the outbox."""
    with closing(sqlite3.connect(f"file:{folder / 'outbox.sqlite'}?mode=ro", uri=True, timeout=30)) as outbox:
        rows = outbox.execute("SELECT value FROM records WHERE topic = 'anpr.transits'").fetchall()
    return {UUID(json.loads(value)["id"]) for (value,) in rows}


@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("no_orphans")
def test_a_database_killed_under_it_is_started_again_and_the_reader_never_notices(
    environment: dict[str, str], folder: Path
) -> None:
    server = find_server(folder / "postgres")
    with _up(environment) as up:
        url = server.url("anpr")
        eventually(lambda: _transits(url))
        os.kill(int((server.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
        up.wait_for("embedded PostgreSQL: it runs again")
        before = _transits(url)
        eventually(lambda: _transits(url) - before)
        summary = up.end()
    assert summary["restarts"] == 0, "".join(up.said)
    assert "Traceback" not in "".join(up.said)


@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("no_orphans")
def test_transits_made_while_the_database_is_away_are_stored_when_it_is_back(
    environment: dict[str, str], folder: Path
) -> None:
    with TemporaryDirectory(prefix="anpr-up-") as place:
        server = find_server(Path(place) / "postgres", durable=False)
        server.folder.mkdir()
        start(server)
        try:
            with _up({**environment, "DATABASE_URL": server.url("postgres")}) as up:
                url = server.url("postgres")
                eventually(lambda: _transits(url))
                before = _kill_a_backend(url)
                eventually(lambda: _transits(url) - before)
                stop(server)
                up.wait_for("database away since ")
                waiting = eventually(lambda: _waiting(folder))
                start(server)
                up.wait_for("database back after ")
                eventually(lambda: waiting <= _transits(url))
                summary = up.end()
        finally:
            stop(server)
    assert summary["restarts"] == 0, "".join(up.said)
    assert "Traceback" not in "".join(up.said)


@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("no_orphans")
def test_each_part_has_the_rights_of_its_own_role_and_the_reader_knows_no_database(
    environment: dict[str, str], folder: Path
) -> None:
    owner = find_server(folder / "postgres").url("anpr")
    with _up(environment) as up:
        eventually(lambda: _transits(owner))
        assert _users(owner) == {
            "anpr up": {"postgres"},
            "anpr ingest": {"anpr_ingest_login"},
            "anpr console": {"anpr_console_login"},
            "anpr forward": {"anpr_forward_login"},
            "anpr notify": {"anpr_notify_login"},
        }
        readers = [each for each in _started_for(folder) if "reader" in each.cmdline()]
        assert readers
        assert not any("DATABASE" in name for each in readers for name in _environment(each))
        for role, statement in _FORBIDDEN:
            with psycopg.connect(role_url(owner, role)) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement.encode())
        summary = up.end()
    assert summary["restarts"] == 0, "".join(up.said)


_FORBIDDEN = (
    *((role, "DELETE FROM audit") for role in CentreRole),
    *((role, "UPDATE transits SET plate = 'AA000AA'") for role in CentreRole),
    (CentreRole.INGEST, "SELECT * FROM users"),
    (CentreRole.FORWARD, "SELECT * FROM users"),
    (CentreRole.CONSOLE, "UPDATE users SET name = 'ugo'"),
    (CentreRole.CONSOLE, "DELETE FROM users"),
    (CentreRole.CONSOLE, "DELETE FROM alarms"),
    (CentreRole.CONSOLE, "UPDATE alarms SET vehicle = 'AA000AA'"),
)


def _users(owner: str) -> dict[str, set[str]]:
    """Who is connected, by the name of the program; the console's further pools have its name at the beginning."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(owner) as conn:
        query = "SELECT application_name, usename FROM pg_stat_activity WHERE application_name LIKE 'anpr %'"
        for program, user in conn.execute(query):
            found.setdefault(" ".join(program.split()[:2]), set()).add(user)
    return found


def _kill_a_backend(url: str) -> set[UUID]:
    """SIGKILL to the server process of another connection: the server throws everybody out and recovers. Gives the
    transits stored before."""
    stored = _transits(url)
    with psycopg.connect(url) as conn:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'anpr ingest' LIMIT 1"
        row = conn.execute(query).fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGKILL)
    return stored
