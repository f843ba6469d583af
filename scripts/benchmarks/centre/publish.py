# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publishes a share of a workload, as a process of its own.

`python -m scripts.benchmarks.centre.publish '{…Orders…}'`
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from subprocess import Popen

from anpr.settings import KafkaSettings
from anpr.transport.kafka import KafkaPublisher
from anpr.transport.records import OutboxRecord
from scripts.benchmarks.centre.workload import Workload
from scripts.command import CannotRunError
from scripts.lab.processes import python
from scripts.repository import REPOSITORY

PAGE = 5_000


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What to send, and where to."""

    bootstrap: str
    prefix: str
    number: int
    end: str
    seed: int


def publish(kafka: KafkaSettings, workload: Workload, shares: int = 2) -> None:
    """All of it, in `shares` processes that each have cameras of their own."""
    with ExitStack() as stack:
        sent = [
            stack.enter_context(Popen(_command(kafka, workload, share, shares), cwd=REPOSITORY))
            for share in range(shares)
        ]
    if any(process.returncode for process in sent):
        raise CannotRunError("publishing failed")


def _command(kafka: KafkaSettings, workload: Workload, share: int, shares: int) -> list[str]:
    orders = Orders(
        bootstrap=kafka.bootstrap or "",
        prefix=kafka.topic_prefix,
        number=workload.number,
        end=workload.end.isoformat(),
        seed=workload.seed,
    )
    return python("-m", "scripts.benchmarks.centre.publish", json.dumps(asdict(orders)), str(share), str(shares))


def main(arguments: Sequence[str]) -> None:
    orders, share, shares = Orders(**json.loads(arguments[0])), int(arguments[1]), int(arguments[2])
    workload = Workload(number=orders.number, end=datetime.fromisoformat(orders.end), seed=orders.seed)
    kafka = KafkaSettings(bootstrap=orders.bootstrap, topic_prefix=orders.prefix)
    with closing(KafkaPublisher(kafka)) as publisher:
        records = workload.records(share, shares)
        while page := _page(records):
            publisher.publish(page)


def _page(records: Iterator[OutboxRecord]) -> list[OutboxRecord]:
    return list(islice(records, PAGE))


if __name__ == "__main__":
    main(sys.argv[1:])
