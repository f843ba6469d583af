# SPDX-License-Identifier: AGPL-3.0-or-later
"""Named queries: SQL lives in anpr/store/sql/*.sql, each query below a line `-- name: its_name`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).resolve().parent.parent / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load_queries(noun: str) -> Mapping[str, bytes]:
    """The queries of sql/<noun>.sql by name, as psycopg takes them. Raises ValueError when a name is used twice."""
    text = (_FOLDER / f"{noun}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{noun}.sql: a query's name is used twice")
    return MappingProxyType({name: body.strip().encode() for name, body in zip(names, bodies, strict=True)})
