# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time of an investigator's search from its form to its results, over a month that `make benchmark-search` kept.

    python -m scripts.benchmarks.centre.search_pages --folder DIR [--asked 50]

`anpr console` is a process of its own with the console's rights. A question is sent as the form sends it, with its
reason: the search is recorded and asked, its answer leads to the page, which asks again and draws it. Both together are
the figure. The last line is one JSON object of ms: median and 95th percentile by kind; status 1 when the 95th of what
passed a gate within an hour is above WANTED_MS.
"""

import contextlib
import re
import statistics
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import click
import httpx
import yaml

from anpr.domain.access import Role
from anpr.domain.gate import Gate
from anpr.settings.centre import ConsoleSettings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from anpr.store.gates import save_gates
from anpr.store.users.accounts import User, create_user, get_user
from anpr.store.users.passwords import hash_password
from scripts.benchmarks.centre.month import MONTH_DAYS, Month, is_filled
from scripts.benchmarks.centre.queries import seen_rows
from scripts.benchmarks.common import Figures, timed
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.console import PASSWORD, console_process, form_token, logged_in

WANTED_MS = 100.0
USER = "investigator"
_ZONE = ZoneInfo("Europe/Rome")
_FAULT = re.compile(r'class="fault[^>]*>([^<]+)')
_ROW = re.compile(r'<b class="clock">')


@click.command(cls=Script, help=__doc__)
@click.option("--folder", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--asked", type=click.IntRange(20), default=50, show_default=True, help="Questions of each kind.")
def main(folder: Path, asked: int) -> None:
    """Ask and print."""
    with embedded_database(folder, durable=False) as url:
        migrate(url)
        grant_roles(url)
        with Database(url, pool_size=1, application="benchmark") as database:
            if not is_filled(database):
                raise CannotRunError(f"{folder}: no month was made there")
            seen = seen_rows(database, _month(database))[:asked]
            _prepare(database, sorted({row["gate_id"] for row in seen}))
        with (
            TemporaryDirectory(prefix="anpr-pages-") as name,
            console_process(Path(name), role_url(url, CentreRole.CONSOLE), config=_settings(Path(name))) as address,
        ):
            figures = _measure(address, seen)
    p95 = figures["gate_hour_page_p95_ms"]
    slow = [f"gate_hour_page_p95_ms: {p95}"] if isinstance(p95, float) and p95 > WANTED_MS else []
    finish(figures, slow)


def _settings(folder: Path) -> Path:
    """The whole month is kept."""
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump({"retention": {"transit_days": MONTH_DAYS + 30}}), encoding="utf-8")
    return path


def _month(database: Database) -> Month:
    with database.transaction() as conn:
        row = conn.execute("SELECT max(captured_at) AS newest FROM transits").fetchone()
    assert row is not None
    return Month(rows=1, end=min(row["newest"], datetime.now(UTC)))


def _prepare(database: Database, gate_ids: list[str]) -> None:
    gates = [Gate(id=id_, name=f"Varco {id_}", purpose="p", legal_basis="l") for id_ in gate_ids]
    with database.transaction() as conn:
        save_gates(conn, gates)
        if get_user(conn, USER) is None:
            create_user(conn, User(name=USER, role=Role.INVESTIGATOR, password_hash=hash_password(PASSWORD)))


def _measure(address: str, seen: list[dict[str, Any]]) -> Figures:
    figures: Figures = {}
    with contextlib.closing(logged_in(address, USER)) as client:
        for name, questions in _kinds(seen, form_token(client, "/search")):
            _ask(client, questions[0])
            times = [1000 * timed(partial(_ask, client, fields)) for fields in questions]
            cuts = statistics.quantiles(times, n=20)
            log(f"{name}: n {len(times)}, p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, slowest {max(times):.0f} ms")
            figures |= {f"{name}_page_ms": round(cuts[9], 1), f"{name}_page_p95_ms": round(cuts[18], 1)}
    return {"asked_each": len(seen), **figures}


Fields = Mapping[str, str | list[str]]


def _kinds(seen: list[dict[str, Any]], token: str) -> Iterator[tuple[str, list[Fields]]]:
    first, last = min(row["captured_at"] for row in seen), seen[0]["captured_at"]

    def fields(since: datetime, until: datetime, **more: str | list[str]) -> Fields:
        return {"form_token": token, **_fields(since, until), **more}

    yield "exact", [fields(first, last, plate=row["plate"]) for row in seen]
    yield "look_alike", [fields(first, last, plate=row["plate"], look_alike="1") for row in seen]
    yield "gate_hour", [fields(*_hour(row["captured_at"]), gates=[row["gate_id"]]) for row in seen]


def _hour(at: datetime) -> tuple[datetime, datetime]:
    since = at.replace(minute=0, second=0, microsecond=0)
    return since, since + timedelta(hours=1)


def _fields(since: datetime, until: datetime) -> Fields:
    return {
        "plate": "",
        "kind": ConsoleSettings().search_reasons[0],
        "reason": "benchmark",
        "since": _typed(since),
        "until": _typed(until),
    }


def _typed(moment: datetime) -> str:
    return moment.astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M")


def _ask(client: httpx.Client, fields: Fields) -> None:
    answer = client.post("/search", data=fields)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise CannotRunError(f"/search: {answer.status_code}: {_FAULT.findall(answer.text)}")
    page = client.get(answer.headers["location"]).raise_for_status().text
    if not _ROW.search(page):
        raise CannotRunError(f"{answer.headers['location']}: no transit is on the page")


if __name__ == "__main__":
    main()
