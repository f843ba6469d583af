# SPDX-License-Identifier: AGPL-3.0-or-later
"""Migration files."""

from pathlib import Path

import pytest

from anpr.domain.errors import StoreError
from anpr.store.database.migrate import read_migrations


def test_ours_come_in_the_order_of_their_numbers() -> None:
    versions = [m.version for m in read_migrations()]
    assert versions[0] == 1
    assert versions == sorted(set(versions))


def test_a_number_that_is_missing_is_no_reason_to_stop(tmp_path: Path) -> None:
    for name in ("0003_b.sql", "0001_a.sql"):
        (tmp_path / name).write_text("SELECT 1;")
    assert [(m.version, m.name) for m in read_migrations(tmp_path)] == [(1, "a"), (3, "b")]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["0001_a.sql", "0001_b.sql"], "0001_b.sql: the number is taken by 0001_a"),
        (["b.sql"], "b.sql: expected a name"),
    ],
)
def test_a_number_used_twice_and_a_strange_name_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(StoreError, match=message):
        read_migrations(tmp_path)


def test_a_checksum_changes_with_the_text(tmp_path: Path) -> None:
    path = tmp_path / "0001_a.sql"
    path.write_text("SELECT 1;")
    before = read_migrations(tmp_path)[0].checksum
    path.write_text("SELECT 2;")
    assert read_migrations(tmp_path)[0].checksum != before
