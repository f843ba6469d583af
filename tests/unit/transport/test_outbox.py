# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox: durable, bounded, one writer."""

import contextlib
import itertools
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.contract.health import decode_health
from anpr.contract.image import decode_image
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, MAX_IMAGE_BYTES, TRANSITS_TOPIC
from anpr.contract.transit import decode_transit
from anpr.domain.errors import InputError, MessageError, OutboxFullError, TransportError
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.transit import ImageRole
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.transport.age import MaxAge
from anpr.transport.outbox import Outbox
from anpr.transport.records import RecordKind
from anpr.transport.spool import Spool
from scripts.lab.transits import START, make_transit, picture, with_images
from tests.support.set_clock import SetClock

MB = 1024 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edge" / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path, clock: ManualClock) -> Iterator[Outbox]:
    with Outbox(path, 64 * MB, clock) as opened:
        yield opened


def put(outbox: Outbox, number: int, size: int = 20_000, camera: str = "cam-1") -> None:
    transit, images = with_images(make_transit(number, camera_id=camera), {ImageRole.PLATE: picture(number, size)})
    outbox.put_transit(transit, images)


def dropped_images(camera: str) -> float:
    labels = {"camera": camera, "reason": "image-quota"}
    return REGISTRY.get_sample_value("anpr_drops_total", labels) or 0.0


def file_bytes(path: Path) -> int:
    return sum(part.stat().st_size for part in path.parent.iterdir())


def test_a_transit_waits_as_metadata_and_images_that_decode_again(outbox: Outbox) -> None:
    images = {ImageRole.PLATE: picture(1, 800), ImageRole.CONTEXT: picture(2, 90_000)}
    transit, images = with_images(make_transit(1), images)
    outbox.put_transit(transit, images)
    (metadata,) = outbox.pending("metadata", 10)
    assert (metadata.topic, metadata.key) == (TRANSITS_TOPIC, b"gate-1")
    assert decode_transit(metadata.value) == transit
    pictures = outbox.pending("images", 10)
    assert {record.topic for record in pictures} == {IMAGES_TOPIC}
    assert {record.key for record in pictures} == {str(transit.id).encode()}
    decoded = {decode_image(dict(record.headers), record.value).role: record.value for record in pictures}
    assert decoded == images


def test_pending_keeps_the_order_and_goes_on_after_a_record(outbox: Outbox) -> None:
    for number in range(7):
        put(outbox, number)
    first = outbox.pending(RecordKind.METADATA, 3)
    rest = outbox.pending(RecordKind.METADATA, 10, after_seq=first[-1].seq)
    ids = [decode_transit(record.value).id for record in (*first, *rest)]
    assert ids == [make_transit(number).id for number in range(7)]


def test_pending_is_bounded_by_bytes_but_never_empty(outbox: Outbox) -> None:
    for number in range(5):
        put(outbox, number, size=30_000)
    assert len(outbox.pending("images", 10, max_bytes=70_000)) == 2
    assert len(outbox.pending("images", 10, max_bytes=1)) == 1


def test_acknowledged_records_are_gone_and_again_is_harmless(outbox: Outbox) -> None:
    put(outbox, 1)
    put(outbox, 2)
    first, second = outbox.pending("metadata", 10)
    outbox.acknowledge([first.seq])
    outbox.acknowledge([first.seq, 999_999])
    assert [record.seq for record in outbox.pending("metadata", 10)] == [second.seq]
    counts = outbox.counts()
    assert (counts[RecordKind.METADATA].records, counts[RecordKind.IMAGES].records) == (1, 2)


def test_sequence_numbers_are_not_given_again(outbox: Outbox) -> None:
    put(outbox, 1)
    seqs = [record.seq for kind in RecordKind for record in outbox.pending(kind, 10)]
    outbox.acknowledge(seqs)
    put(outbox, 2)
    assert outbox.pending("metadata", 1)[0].seq > max(seqs)


def test_what_was_put_is_there_after_reopening(path: Path, clock: ManualClock) -> None:
    with Outbox(path, 64 * MB, clock) as outbox:
        put(outbox, 1)
    with Outbox(path, 64 * MB, clock) as outbox:
        assert outbox.counts()[RecordKind.METADATA].records == 1
        assert REGISTRY.get_sample_value("anpr_outbox_records", {"kind": "images"}) == 1


def test_at_the_quota_the_oldest_images_go_and_every_transit_stays(path: Path, clock: ManualClock) -> None:
    before = dropped_images("cam-q")
    with Outbox(path, MB, clock) as outbox:
        for number in range(100):
            put(outbox, number, size=40_000, camera="cam-q")
        counts = outbox.counts()
        assert counts[RecordKind.METADATA].records == 100
        kept = [decode_image(dict(r.headers), r.value).transit_id for r in outbox.pending("images", 100)]
        assert 0 < len(kept) < 30
        assert kept == [make_transit(number).id for number in range(100 - len(kept), 100)]
        assert sum(waiting.bytes for waiting in counts.values()) <= MB
        assert dropped_images("cam-q") - before == 100 - len(kept)


def test_images_larger_than_the_room_are_dropped_but_their_transit_is_kept(path: Path, clock: ManualClock) -> None:
    before = dropped_images("cam-big")
    with Outbox(path, MB, clock) as outbox:
        put(outbox, 1, size=2 * MB, camera="cam-big")
        assert outbox.counts()[RecordKind.METADATA].records == 1
        assert outbox.pending("images", 10) == []
    assert dropped_images("cam-big") - before == 1


def test_past_the_quota_transits_are_still_taken_and_no_picture(path: Path, clock: ManualClock) -> None:
    """The disk has room: nothing but the disk may stop metadata."""
    before = dropped_images("cam-m")
    with Outbox(path, 200_000, clock) as outbox:
        for number in range(800):
            put(outbox, number, size=5_000, camera="cam-m")
        counts = outbox.counts()
        assert counts[RecordKind.METADATA].records == 800
        assert counts[RecordKind.METADATA].bytes > 2 * 200_000
        assert counts[RecordKind.IMAGES].records == 0
        assert dropped_images("cam-m") - before == 800
        assert not outbox.is_full
        outbox.acknowledge([record.seq for record in outbox.pending("metadata", 800)])
        put(outbox, 10_000, size=1_000)
        assert outbox.counts()[RecordKind.IMAGES].records == 1, "there is room for pictures again"


def test_what_is_past_the_quota_is_there_after_reopening_and_grows_on(path: Path, clock: ManualClock) -> None:
    for start in (0, 400):
        with Outbox(path, 200_000, clock) as outbox:
            for number in range(start, start + 400):
                outbox.put_transit(make_transit(number), {})
            outbox.put_health(health(clock))
    with Outbox(path, 200_000, clock) as outbox:
        assert outbox.counts()[RecordKind.METADATA].records == 801


def fill(outbox: Outbox, size: int = 5_000, camera: str = "cam-1") -> int:
    """Put transits until one is refused; how many were accepted."""
    for number in itertools.count():
        try:
            put(outbox, number, size, camera)
        except OutboxFullError:
            return number
    raise AssertionError("count() has an end")


def test_a_disk_that_is_full_before_the_quota_gives_up_images_then_refuses(path: Path, clock: ManualClock) -> None:
    before = dropped_images("cam-d")
    with Outbox(path, 64 * MB, clock) as outbox:
        limit_pages(outbox, 60)
        accepted = fill(outbox, 9_000, "cam-d")
        with pytest.raises(OutboxFullError, match="disk"):
            put(outbox, accepted, 9_000, "cam-d")
        assert outbox.is_full
        counts = outbox.counts()
        assert counts[RecordKind.METADATA].records == accepted > 30
        assert counts[RecordKind.IMAGES].records < 3
        assert dropped_images("cam-d") - before == accepted - counts[RecordKind.IMAGES].records


def limit_pages(outbox: Outbox, pages: int) -> None:
    """SQLite then answers as it does on a disk without room, SQLITE_FULL, and nothing can be done about it."""
    outbox._may_grow = False
    outbox._connection.execute(f"PRAGMA max_page_count = {pages}")


def test_the_file_does_not_grow_while_records_come_and_go(path: Path, clock: ManualClock) -> None:
    with Outbox(path, 4 * MB, clock) as outbox:
        sizes = []
        for number in range(300):
            put(outbox, number, size=60_000)
            if number % 20 == 19:
                outbox.acknowledge([r.seq for kind in RecordKind for r in outbox.pending(kind, 100)])
                sizes.append(file_bytes(path))
        # The write-ahead log is begun anew after a whole transaction: by so much its size differs from time to time.
        assert sizes[-1] <= sizes[2] + 100_000
        assert sizes[-1] < 2 * 4 * MB + 5 * MB


def test_a_second_writer_is_refused_by_name_until_the_first_is_gone(path: Path, clock: ManualClock) -> None:
    first = Outbox(path, MB, clock)
    with pytest.raises(TransportError, match="another process writes") as refused:
        Outbox(path, MB, clock)
    assert str(path) in str(refused.value)
    assert refused.value.permanent
    first.close()
    Outbox(path, MB, clock).close()


def test_another_reader_may_acknowledge_while_it_is_written(outbox: Outbox, path: Path) -> None:
    put(outbox, 1)
    with Spool(path) as reader:
        mark = reader.change_mark()
        put(outbox, 2)
        assert reader.change_mark() != mark
        reader.acknowledge([reader.pending("metadata", 1)[0].seq])
    assert [decode_transit(r.value).id for r in outbox.pending("metadata", 10)] == [make_transit(2).id]


def test_threads_of_one_process_put_at_once(outbox: Outbox) -> None:
    def put_ten(first: int) -> None:
        for number in range(first, first + 10):
            put(outbox, number, 2_000)

    threads = [threading.Thread(target=put_ten, args=(start,)) for start in (0, 100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outbox.counts()[RecordKind.METADATA].records == 40
    assert outbox.counts()[RecordKind.IMAGES].records == 40


@pytest.mark.parametrize(
    "content", [b"this is a text file, not an outbox\n" * 200, b"SQLite format 3\0" + b"\xff" * 8000]
)
def test_a_file_that_is_no_outbox_is_refused_by_name(path: Path, clock: ManualClock, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(TransportError) as refused:
        Outbox(path, MB, clock)
    assert refused.value.permanent
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_database_of_another_program_is_left_alone(path: Path, clock: ManualClock) -> None:
    path.parent.mkdir(parents=True)
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE bookmarks (url TEXT)")
    foreign.commit()
    foreign.close()
    with pytest.raises(TransportError, match="another program"):
        Outbox(path, MB, clock)
    again = sqlite3.connect(path)
    assert again.execute("SELECT name FROM sqlite_schema").fetchall() == [("bookmarks",)]
    again.close()


def test_a_damaged_page_is_an_error_and_never_emptiness(path: Path, clock: ManualClock) -> None:
    with Outbox(path, 64 * MB, clock) as outbox:
        for number in range(50):
            put(outbox, number)
    content = bytearray(path.read_bytes())
    content[3 * 4096 :] = b"\xa5" * (len(content) - 3 * 4096)
    path.write_bytes(content)
    with pytest.raises(TransportError, match="damaged"):  # noqa: SIM117  opening may already notice, reading must
        with Outbox(path, 64 * MB, clock) as outbox:
            outbox.pending("metadata", 100)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TransportError, match="file"):
        Outbox(tmp_path / "file" / "outbox.sqlite", MB, clock)


def test_an_image_the_transit_does_not_name_is_refused(outbox: Outbox) -> None:
    transit, _ = with_images(make_transit(1), {ImageRole.PLATE: picture(1, 500)})
    with pytest.raises(InputError, match="names"):
        outbox.put_transit(transit, {ImageRole.PLATE: picture(2, 500)})
    assert outbox.counts()[RecordKind.METADATA].records == 0


def test_an_image_larger_than_the_contract_is_refused(outbox: Outbox) -> None:
    with pytest.raises(MessageError, match="too-large"):
        outbox.put_transit(make_transit(1), {ImageRole.PLATE: b"\0" * (MAX_IMAGE_BYTES + 1)})


def health(clock: ManualClock, state: str = "up", camera: str = "cam-1") -> HealthReport:
    return HealthReport(
        kind=SubjectKind.CAMERA,
        id=camera,
        reader_id="reader-1",
        gate_ids=("gate-1",),
        at=clock.now(),
        changes=(Change(state=state, since=clock.now()),),
    )


def reports(outbox: Outbox) -> list[HealthReport]:
    waiting = outbox.pending(RecordKind.METADATA, 1000)
    return [decode_health(record.value) for record in waiting if record.topic == HEALTH_TOPIC]


def test_of_health_only_the_newest_of_each_camera_waits(outbox: Outbox, clock: ManualClock) -> None:
    put(outbox, 1)
    for number in range(100):
        clock.advance(1)
        outbox.put_health(health(clock, "up" if number % 2 else "frozen"))
    other = health(clock, camera="cam-2")
    outbox.put_health(other)
    assert reports(outbox) == [health(clock), other]
    assert [record.key for record in outbox.pending("metadata", 10)] == [b"gate-1", b"camera/cam-1", b"camera/cam-2"]
    assert outbox.counts()[RecordKind.METADATA].records == 3


def test_the_reports_of_a_reader_that_was_killed_are_replaced_too(path: Path, clock: ManualClock) -> None:
    for _ in range(3):
        with Outbox(path, 64 * MB, clock) as outbox:
            clock.advance(1)
            outbox.put_health(health(clock))
            assert reports(outbox) == [health(clock)]


def test_a_report_after_the_last_was_acknowledged_waits_beside_nothing(outbox: Outbox, clock: ManualClock) -> None:
    outbox.put_health(health(clock))
    outbox.acknowledge([record.seq for record in outbox.pending("metadata", 10)])
    clock.advance(1)
    outbox.put_health(health(clock, "ended"))
    assert reports(outbox) == [health(clock, "ended")]


def test_a_report_that_finds_no_room_leaves_the_one_before(path: Path, clock: ManualClock) -> None:
    with Outbox(path, 64 * MB, clock) as outbox:
        outbox.put_health(health(clock))
        limit_pages(outbox, 40)
        with contextlib.suppress(OutboxFullError):
            for number in itertools.count():
                outbox.put_transit(make_transit(number), {})
        clock.advance(1)
        taken = 0
        with contextlib.suppress(OutboxFullError):
            for taken in range(200):
                outbox.put_health(health(clock, camera=f"cam-x{taken}"))
        assert taken < 199
        with contextlib.suppress(OutboxFullError):
            outbox.put_health(health(clock, "frozen"))
        assert [report.id for report in reports(outbox)].count("cam-1") == 1


def aged(path: Path, clock: ManualClock, hours: float = 10) -> Outbox:
    return Outbox(path, 64 * MB, clock, MaxAge(metadata=timedelta(hours=hours), images=timedelta(hours=hours / 2)))


def dropped(reason: str, camera: str) -> float:
    return REGISTRY.get_sample_value("anpr_drops_total", {"camera": camera, "reason": reason}) or 0.0


@pytest.mark.slow
def test_each_kind_is_given_up_at_its_age_and_counted(path: Path, clock: ManualClock) -> None:
    before = {reason: dropped(reason, "cam-a") for reason in ("image-age", "transit-age", "image-quota")}
    with aged(path, clock) as outbox:
        for number in range(1_100):
            put(outbox, number, size=500, camera="cam-a")
        outbox.put_health(health(clock))
        clock.advance(4 * 3600)
        put(outbox, 5_000, camera="cam-a")
        assert outbox.counts()[RecordKind.IMAGES].records == 1_101
        clock.advance(1.5 * 3600)
        put(outbox, 5_001, camera="cam-a")
        assert (outbox.counts()[RecordKind.METADATA].records, outbox.counts()[RecordKind.IMAGES].records) == (1_103, 2)
        clock.advance(4.6 * 3600)
        outbox.put_health(health(clock, camera="cam-b"))  # nobody passes: a heartbeat is enough
        waiting = [decode_transit(r.value).id for r in outbox.pending("metadata", 10) if r.topic == TRANSITS_TOPIC]
        assert waiting == [make_transit(5_000).id, make_transit(5_001).id]
        assert [report.id for report in reports(outbox)] == ["cam-1", "cam-b"], "health does not age"
    grown = {reason: dropped(reason, "cam-a") - count for reason, count in before.items()}
    assert grown == {"image-age": 1_101, "transit-age": 1_100, "image-quota": 0}


def test_age_goes_on_while_nobody_runs(path: Path, clock: ManualClock) -> None:
    with aged(path, clock) as outbox:
        put(outbox, 1)
    later = ManualClock(clock.now() + timedelta(hours=11))
    with aged(path, later) as outbox:
        put(outbox, 2)
        assert [decode_transit(r.value).id for r in outbox.pending("metadata", 10)] == [make_transit(2).id]


def test_a_clock_that_is_set_a_month_ahead_gives_nothing_up(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = SetClock(START)
    with aged(path, clock) as outbox:
        put(outbox, 1)
        clock.ahead = timedelta(days=30)
        for number in (2, 3):
            clock.advance(120)
            put(outbox, number)
        assert outbox.counts()[RecordKind.METADATA].records == 3
    assert [record.message for record in caplog.records].count(
        "outbox: the clock was set forward: nothing is given up for its age until the reader starts anew"
    ) == 1


def test_what_was_sent_is_overwritten_on_the_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "outbox.sqlite")
    assert spool._connection.execute("PRAGMA secure_delete").fetchone() == (1,)
    spool.close()
