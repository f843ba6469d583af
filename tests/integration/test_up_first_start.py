# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first start of a machine: logins that work, the demo's list, and the three numbers it reports."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.domain.access import Role
from anpr.runtime.clock import ManualClock
from anpr.store.alarms.raising import raise_alarms
from anpr.store.audit import list_audit
from anpr.store.audit_chain.verification import verify
from anpr.store.database.connection import Database
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import User, create_user, get_user, set_password_hash
from anpr.store.users.activity import Activity, activity_since
from anpr.store.users.first_logins import FILE, read_logins
from anpr.store.users.passwords import verify_password
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.matching import matching_entries
from anpr.up.demo import WATCHLIST, import_demo_watchlist
from anpr.up.logins import ensure_logins, tell_logins
from scripts.lab.transits import make_transit


def test_first_logins_work_are_kept_for_this_user_only_and_are_audited(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        first = ensure_logins(conn, tmp_path, clock)
        logins = first.logins
        assert first.are_new
        assert [login.role for login in logins] == [Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR]
        for login in logins:
            user = get_user(conn, login.name)
            assert user is not None
            assert verify_password(user.password_hash, login.password)
            assert user.must_change
        assert [row.event.detail["user"] for row in list_audit(conn)] == [login.name for login in reversed(logins)]
        assert verify(conn).broken_at is None
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_password_is_said_once_at_a_terminal_and_never_into_a_journal(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        first = ensure_logins(conn, tmp_path, clock)
        later = ensure_logins(conn, tmp_path, clock)
    passwords = [login.password for login in first.logins]
    assert [login.password for login in later.logins] == passwords
    for logins, is_terminal, are_said in ((first, True, True), (first, False, False), (later, True, False)):
        said: list[str] = []
        tell_logins(logins, tmp_path, said.append, is_terminal=is_terminal)
        assert all((password in "".join(said)) is are_said for password in passwords)
        assert are_said or str(tmp_path / FILE) in "".join(said)


def test_the_file_goes_with_the_last_password_that_nobody_has_changed(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        first = ensure_logins(conn, tmp_path, clock)
        set_password_hash(conn, "operatore", "another hash")
        assert [login.name for login in ensure_logins(conn, tmp_path, clock).logins] == ["revisore", "amministratore"]
        assert [login.name for login in read_logins(tmp_path)] == ["revisore", "amministratore"]
        for login in first.logins:
            set_password_hash(conn, login.name, "another hash")
        last = ensure_logins(conn, tmp_path, clock)
    assert not (tmp_path / FILE).exists()
    said: list[str] = []
    tell_logins(last, tmp_path, said.append, is_terminal=True)
    assert said == ["  login     a lost password: anpr user password NAME"]


def test_a_site_with_users_of_its_own_gets_no_more(database: Database, tmp_path: Path, clock: ManualClock) -> None:
    with database.transaction() as conn:
        create_user(conn, User(name="anna", role=Role.DPO, password_hash="x"))
        assert not ensure_logins(conn, tmp_path, clock).logins
    assert not (tmp_path / FILE).exists()


def test_the_demo_list_is_put_in_place_once_and_written_down_once(database: Database, clock: ManualClock) -> None:
    with database.transaction() as conn:
        import_demo_watchlist(conn, clock)
        import_demo_watchlist(conn, clock)
        assert len(list_entries(conn, WATCHLIST.id)) >= 1
        assert [row.event.detail["watchlist"] for row in list_audit(conn)] == [WATCHLIST.id]


@pytest.mark.parametrize(("after_s", "expected"), [(0, (2, 1)), (1, (0, 0))])
def test_activity_counts_what_happened_since(
    database: Database, clock: ManualClock, after_s: int, expected: tuple[int, int]
) -> None:
    now = clock.now()
    with database.transaction() as conn:
        import_demo_watchlist(conn, clock)
        wanted = list_entries(conn, WATCHLIST.id)[0].plate
        transits = [make_transit(1), make_transit(2, plate=wanted)]
        insert_transits(conn, transits, now)
        raise_alarms(conn, matching_entries(conn, transits), now)
    with database.transaction() as conn:
        found = activity_since(conn, now + timedelta(seconds=after_s))
    assert found == Activity(transits=expected[0], alarms=expected[1], forwarded=0)
