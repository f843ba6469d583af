# SPDX-License-Identifier: AGPL-3.0-or-later
"""Named queries."""

import re
from pathlib import Path

import pytest

import anpr.store
from anpr.store.database.queries import load_queries

STORE = Path(anpr.store.__file__).parent
NOUNS = sorted(path.stem for path in (STORE / "sql").glob("*.sql"))


@pytest.mark.parametrize("noun", NOUNS)
def test_every_query_has_a_name_and_is_used(noun: str) -> None:
    queries = load_queries(noun)
    code = "\n".join(
        p.read_text(encoding="utf-8") for p in STORE.rglob("*.py") if f'load_queries("{noun}")' in p.read_text()
    )
    assert queries
    used = set(re.findall(r'_SQL\["(\w+)"\]', code)) | set(re.findall(r'"(\w+)"', code))
    computed = {f"search_{kind}{form}" for kind in ("", "look_alike_") for form in ("exact", "wildcard")}
    assert set(queries) - used - computed == set()


def test_queries_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        load_queries("users")["get"] = b"SELECT 1"  # type: ignore[index]
