# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox under SIGKILL, on a full disk, and with a writer and readers in several processes."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from anpr.contract.image import decode_image
from anpr.contract.transit import decode_transit
from anpr.domain.errors import OutboxFullError
from anpr.domain.read import Candidate
from anpr.domain.transit import ImageRole
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.transport.outbox import Outbox
from anpr.transport.records import RecordKind
from anpr.transport.spool import Spool
from scripts.lab.transits import make_transit, picture, plate_of, with_images
from tests.support.small_disk import fill_disk

MB = 1024 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edge" / "outbox.sqlite"


def test_on_a_disk_that_is_really_full_records_still_come_and_go(
    small_disk: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpr.transport.outbox.RESERVE_BYTES", MB)
    with Outbox(small_disk / "outbox.sqlite", 256 * MB, clock) as outbox:
        outbox._connection.execute("PRAGMA wal_autocheckpoint = 64")  # all in proportion to a small disk
        for number in range(400):
            put_large(outbox, number)
        counts = outbox.counts()
        assert counts[RecordKind.METADATA].records == 400
        assert 0 < counts[RecordKind.IMAGES].records < 300
        fill_disk(small_disk)
        accepted = 400
        with contextlib.suppress(OutboxFullError):
            while accepted < 10_000:
                put_large(outbox, accepted)
                accepted += 1
        assert 500 < accepted < 10_000
        assert outbox.is_full
        assert REGISTRY.get_sample_value("anpr_outbox_full") == 1
        assert outbox.counts()[RecordKind.METADATA].records == accepted
        assert outbox.counts()[RecordKind.IMAGES].records == 0
        outbox.acknowledge([record.seq for record in outbox.pending("metadata", 150)])
        for number in range(20_000, 20_050):
            put_large(outbox, number)
        assert not outbox.is_full
        assert REGISTRY.get_sample_value("anpr_outbox_full") == 0
        assert outbox.counts()[RecordKind.METADATA].records == accepted - 100
        assert [decode_transit(r.value).id for r in outbox.pending("metadata", 1)] == [make_transit(150).id]


def put_large(outbox: Outbox, number: int) -> None:
    """Metadata of 2 KB and a picture of 30 KB."""
    candidates = tuple(Candidate(text=plate_of(number + other), probability=0.01) for other in range(32))
    transit = make_transit(number, candidates=candidates)
    outbox.put_transit(*with_images(transit, {ImageRole.PLATE: picture(number, 30_000)}))


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from anpr.runtime.clock import SystemClock
from anpr.domain.transit import ImageRole
from anpr.transport.age import MaxAge
from anpr.transport.outbox import Outbox
from scripts.lab.transits import START, make_transit, picture, plate_of, with_images
outbox = Outbox(Path(sys.argv[1]), 64 * 1024 * 1024, SystemClock())
for number in range(100_000):
    transit, images = with_images(make_transit(number), {ImageRole.PLATE: picture(number, 20_000)})
    outbox.put_transit(transit, images)
    print(number, flush=True)
"""


def test_what_was_accepted_survives_kill_9(path: Path, clock: ManualClock, repository: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], cwd=repository, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer:
        accepted = [int(writer.stdout.readline()) for _ in range(25)]
        os.kill(writer.pid, signal.SIGKILL)
        accepted += [int(line) for line in writer.stdout.read().split("\n") if line.strip()]
    with Outbox(path, 64 * MB, clock) as outbox:
        ids = [decode_transit(record.value).id for record in outbox.pending("metadata", 100_000)]
        assert ids[: len(accepted)] == [make_transit(number).id for number in accepted]
        assert len(ids) - len(accepted) in {0, 1}  # the one it was killed in may be in, whole
        pictures = [decode_image(dict(r.headers), r.value).transit_id for r in outbox.pending("images", 100_000)]
        assert pictures == ids[: len(pictures)]
        assert outbox.counts()[RecordKind.IMAGES].records == len(ids)


_VISITOR = """
import sys
from pathlib import Path
from anpr.runtime.clock import SystemClock
from anpr.transport.age import MaxAge
from anpr.transport.outbox import Outbox
from scripts.lab.transits import START, make_transit
with Outbox(Path(sys.argv[1]), 64 * 1024 * 1024, SystemClock()) as outbox:
    for number in range(int(sys.argv[2])):
        outbox.put_transit(make_transit(number), {})
    print(outbox.counts())
"""


def test_a_writer_that_leaves_takes_nothing_from_two_readers_in_one_process(path: Path, repository: Path) -> None:
    """Ingest holds the file twice; with its locks lost, a writer that left deleted the log under them."""

    def visit(puts: int) -> str:
        command = [sys.executable, "-c", _VISITOR, str(path), str(puts)]
        return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout

    with Spool(path) as one, Spool(path):
        log = path.with_name(f"{path.name}-wal").stat().st_ino
        visit(3)
        assert path.with_name(f"{path.name}-wal").stat().st_ino == log
        with Spool(path) as third:
            records = one.pending("metadata", 10)
            assert len(records) == 3
            one.acknowledge(record.seq for record in records)
            assert third.counts()[RecordKind.METADATA].records == 0
        assert "records=0" in visit(0)
