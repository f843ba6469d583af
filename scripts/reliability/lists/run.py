# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzz test of received lists: thousands of broken, hostile and odd files are handed to the pick-up of three lists.

    python -m scripts.reliability.lists.run [--quick] [--count 10000] [--seed 1] [--only-read]

Whole lists of XML, fixed width and tables are damaged, lie about their version, kind or number, bring XML bombs,
external entities, huge fields, other charsets and bombs of spreadsheets. A real PostgreSQL holds the lists. After
each file a list must be what it was, or what one file meant as a whole; nothing may be thrown but what a person is
told, and the process may not grow. The last line of standard output is one JSON object; the exit status is 1 when
something was wrong.
"""

import logging
import tempfile
import time
from pathlib import Path

import click

from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from scripts.command import Script, finish, log
from scripts.reliability.lists.receiving_site import ReceivingSite, read_hostile

QUICK_COUNT = 300


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help=f"{QUICK_COUNT} files.")
@click.option("--count", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--only-read", is_flag=True, help="Read the files and unpack the answers, without a database.")
def main(quick: bool, count: int, seed: int, only_read: bool) -> None:
    count = QUICK_COUNT if quick else count
    if only_read:
        with tempfile.TemporaryDirectory(prefix="anpr-lists-") as name:
            read = read_hostile(Path(name), seed, count)
        read.measure()
        finish(read.figures(count, seed), read.problems[:50])
    logging.getLogger("anpr").setLevel(logging.CRITICAL)
    with (
        tempfile.TemporaryDirectory(prefix="anpr-lists-") as name,
        embedded_database(Path(name) / "postgres", revive=False) as url,
    ):
        migrate(url)
        with Database(url, pool_size=1, application="lists fuzz") as database:
            log(f"{count} files")
            began = time.monotonic()
            found = ReceivingSite(database, Path(name) / "in").fuzz(seed, count)
            seconds = time.monotonic() - began
    found.measure()
    finish({**found.figures(count, seed), "seconds": round(seconds, 1)}, found.problems[:50])


if __name__ == "__main__":
    main()
