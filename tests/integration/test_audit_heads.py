# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit's signed heads outside the database: written when rows came, and held against the audit ever after."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from anpr.domain.errors import SettingsError, StoreError
from anpr.ingest.audit_heads import note_head
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import Settings
from anpr.store import audit_heads
from anpr.store.audit import AuditAction, AuditEvent, append, last_head
from anpr.store.audit_heads import HeadFile, ensure_key
from anpr.store.database.connection import Database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"data_dir": str(tmp_path)})


@pytest.fixture
def note(database: Database, settings: Settings, clock: ManualClock) -> Callable[[], None]:
    return lambda: note_head(database, settings, clock)


def heads_of(settings: Settings) -> HeadFile:
    return HeadFile(settings.audit_head_path, ensure_key(settings.audit_key_path))


def append_rows(database: Database, clock: ManualClock, count: int) -> None:
    for _ in range(count):
        with database.transaction() as conn:
            append(conn, AuditEvent(actor="anna", action=AuditAction.LOGIN, at=clock.now()))


def differs() -> float | None:
    return REGISTRY.get_sample_value("anpr_audit_differs")


def test_a_head_is_added_only_when_rows_came(
    database: Database, settings: Settings, clock: ManualClock, note: Callable[[], None]
) -> None:
    note()
    assert heads_of(settings).read() == []
    for rows in (2, 1):
        append_rows(database, clock, rows)
        note()
        note()
    with database.transaction() as conn:
        newest = last_head(conn)
    assert [noted.rows for noted in heads_of(settings).read()] == [2, 3]
    assert heads_of(settings).last() == newest
    assert differs() == 0
    assert REGISTRY.get_sample_value("anpr_audit_rows") == 3
    for path in (settings.audit_head_path, settings.audit_key_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rows_that_were_removed_are_told_and_the_noted_head_stays(
    database: Database,
    settings: Settings,
    clock: ManualClock,
    note: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    append_rows(database, clock, 3)
    note()
    with database.transaction() as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM audit")
    clock.advance(1)  # the same rows once more would have the same hashes
    append_rows(database, clock, 5)
    note()
    assert differs() == 1
    assert "the audit is not as it was noted in" in caplog.text
    assert [noted.rows for noted in heads_of(settings).read()] == [3]


@pytest.mark.parametrize("change", [b'{"rows": 1}\n', b"nonsense\n"])
def test_a_line_that_we_did_not_write_is_told(
    database: Database, settings: Settings, clock: ManualClock, note: Callable[[], None], change: bytes
) -> None:
    append_rows(database, clock, 1)
    note()
    with settings.audit_head_path.open("ab") as file:
        file.write(change)
    with pytest.raises(StoreError, match="the last line is not signed with this machine's key"):
        note()
    assert differs() == 1
    with pytest.raises(StoreError, match="line 2 is not signed"):
        heads_of(settings).read()


def test_a_number_changed_in_the_file_is_told(
    database: Database, settings: Settings, clock: ManualClock, note: Callable[[], None]
) -> None:
    append_rows(database, clock, 12)
    note()
    settings.audit_head_path.write_bytes(settings.audit_head_path.read_bytes().replace(b'"rows": 12', b'"rows": 11'))
    with pytest.raises(StoreError, match="not signed"):
        note()


def test_a_line_that_a_power_cut_left_half_is_written_over(
    database: Database, settings: Settings, clock: ManualClock, note: Callable[[], None]
) -> None:
    append_rows(database, clock, 1)
    note()
    whole = settings.audit_head_path.read_bytes()
    settings.audit_head_path.write_bytes(whole + whole[:40])
    append_rows(database, clock, 1)
    note()
    assert [noted.rows for noted in heads_of(settings).read()] == [1, 2]


def test_a_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("short")
    with pytest.raises(SettingsError, match="expected at least 32 characters"):
        ensure_key(tmp_path / "key")


def test_a_long_file_is_thinned_and_a_cut_tail_is_still_told(
    database: Database,
    settings: Settings,
    clock: ManualClock,
    note: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_heads, "MOST_BYTES", 2500)
    monkeypatch.setattr(audit_heads, "KEPT_LINES", 3)
    for _ in range(20):  # ten hours apart: 8 days
        append_rows(database, clock, 1)
        note()
        clock.advance(36_000)
    heads = heads_of(settings)
    kept = [noted.rows for noted in heads.read()]
    assert kept[-3:] == [18, 19, 20]
    assert kept == sorted(kept)
    assert len(kept) < 20
    assert settings.audit_head_path.stat().st_size <= 2500 + 300
    assert stat.S_IMODE(settings.audit_head_path.stat().st_mode) == 0o600
    note()
    assert differs() == 0
    with database.transaction() as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        conn.execute("DELETE FROM audit WHERE seq > 18")
        conn.execute("ALTER TABLE audit ENABLE TRIGGER USER")
    note()
    assert differs() == 1, "the tail is gone"


def test_a_long_file_with_a_line_that_is_not_ours_is_left_alone(
    database: Database,
    settings: Settings,
    clock: ManualClock,
    note: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append_rows(database, clock, 1)
    note()
    written = settings.audit_head_path.read_bytes()
    settings.audit_head_path.write_bytes(b'{"rows": 9}\n' + written)
    monkeypatch.setattr(audit_heads, "MOST_BYTES", 10)
    append_rows(database, clock, 1)
    note()
    assert settings.audit_head_path.read_bytes().startswith(b'{"rows": 9}\n' + written)
    with pytest.raises(StoreError, match="line 1 is not signed"):
        heads_of(settings).thin()
