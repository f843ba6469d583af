# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bytes per transit: as a message, in the broker's compressed batches, and as a row with its indexes.

    python -m scripts.benchmarks.centre.storage [--transits 100000]

The last line of standard output is one JSON object. Time of this machine plays no part in these figures.
"""

import gzip
import itertools
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from anpr.contract.transit import encode_transit
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.transits.rows import insert_transits
from scripts.benchmarks.centre.workload import Workload
from scripts.command import Script, finish

BATCH = 500
_SIZES = """
SELECT sum(pg_table_size(c.oid)) AS rows, sum(pg_indexes_size(c.oid)) AS indexes
FROM pg_partition_tree(%(name)s::text::regclass) t JOIN pg_class c ON c.oid = t.relid
WHERE t.isleaf
"""


@click.command(cls=Script, help=__doc__)
@click.option("--transits", type=click.IntRange(1), default=100_000, show_default=True)
def main(transits: int) -> None:
    """Measure and print."""
    workload = Workload(number=transits, end=datetime.now(UTC))
    finish({"transits": transits, **message_sizes(workload), **row_sizes(workload)})


def message_sizes(workload: Workload) -> dict[str, float]:
    """Bytes of JSON, and per message in a compressed batch as the publisher makes them."""
    values = [encode_transit(transit) for transit in itertools.islice(workload.transits(), 20 * BATCH)]
    packed = sum(len(gzip.compress(b"".join(values[at : at + BATCH]))) for at in range(0, len(values), BATCH))
    plain = sum(len(value) for value in values)
    return {"json_bytes": round(plain / len(values)), "gzip_bytes": round(packed / len(values))}


def row_sizes(workload: Workload) -> dict[str, float]:
    """Bytes per transit in PostgreSQL, of its row and of its indexes; and per different plate in the dictionary."""
    with TemporaryDirectory(prefix="anpr-storage-") as folder, embedded_database(Path(folder), durable=False) as url:
        migrate(url)
        with Database(url, pool_size=2, application="measure") as database:
            transits = workload.transits()
            while batch := list(itertools.islice(transits, BATCH)):
                with database.transaction() as conn:
                    insert_transits(conn, batch, workload.end)
            with database.connect(autocommit=True) as conn:
                conn.execute("VACUUM ANALYZE")
                rows = conn.execute(_SIZES, {"name": "transits"}).fetchone() or {}
                plates = conn.execute(_SIZES, {"name": "plates"}).fetchone() or {}
                counted = conn.execute("SELECT count(*) AS n FROM plates").fetchone() or {}
    return {
        "row_bytes": round(int(rows["rows"]) / workload.number),
        "index_bytes": round(int(rows["indexes"]) / workload.number),
        "plates": counted["n"],
        "bytes_a_plate": round((int(plates["rows"]) + int(plates["indexes"])) / counted["n"]),
    }


if __name__ == "__main__":
    main()
