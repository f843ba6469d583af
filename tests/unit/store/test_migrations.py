"""Migration files."""

from pathlib import Path

import pytest

from anpr.domain.errors import StoreError
from anpr.store.migrate import read_migrations


def test_ours_are_numbered_without_gaps() -> None:
    assert [m.version for m in read_migrations()] == list(range(1, len(read_migrations()) + 1))


@pytest.mark.parametrize("names", [["0001_a.sql", "0003_b.sql"], ["0002_a.sql"], ["0001_a.sql", "b.sql"]])
def test_a_gap_or_a_strange_name_is_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(StoreError, match="expected the number 000"):
        read_migrations(tmp_path)


def test_a_checksum_changes_with_the_text(tmp_path: Path) -> None:
    path = tmp_path / "0001_a.sql"
    path.write_text("SELECT 1;")
    before = read_migrations(tmp_path)[0].checksum
    path.write_text("SELECT 2;")
    assert read_migrations(tmp_path)[0].checksum != before
