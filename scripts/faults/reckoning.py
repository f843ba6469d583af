"""Whether everything is where it belongs, once all faults are mended and everything has flowed off."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from kafka import KafkaConsumer, TopicPartition

from anpr.domain.transit import ImageRole
from anpr.message import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.transport.kafka import DEADLETTER_TOPIC
from anpr.transport.kafka.client import client_options
from scripts.faults.garbage import MARK
from scripts.faults.noise import Sent
from scripts.faults.sender import OUTBOX, pictures_that_must_arrive
from scripts.faults.stage import LISTED, NOISE_FROM, PARTITIONS, Stage
from scripts.faults.traffic import is_listed, number_of

Place = tuple[str, int, int]
"""Topic, partition, offset."""
Picture = tuple[int, ImageRole]


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """The figures, and in words what is wrong."""

    figures: dict[str, int]
    wrongs: list[str]


def waiting(stage: Stage) -> int:
    """Records that are on the topics and that the group of ingest has not committed."""
    left = 0
    for topic, group in ((TRANSITS_TOPIC, "anpr-ingest"), (IMAGES_TOPIC, "anpr-ingest-images")):
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        with closing(
            KafkaConsumer(**client_options(stage.kafka), group_id=group, enable_auto_commit=False)
        ) as consumer:
            ends = consumer.end_offsets(partitions)
            left += sum(ends[each] - (consumer.committed(each) or 0) for each in partitions)
    return left


def reckon(stage: Stage, sent: Sent) -> Reckoning:
    """Hold the database, the pictures on disk and the topics against what was sent."""
    with psycopg.connect(stage.database_url) as conn:
        parts = [_transits(conn, stage, sent), _pictures(conn, stage, sent), _alarms(conn, stage, sent)]
        parts.append(_dead_letters(conn, stage))
    figures: dict[str, int] = {}
    for part in parts:
        figures |= part.figures
    return Reckoning(figures=figures, wrongs=[wrong for part in parts for wrong in part.wrongs])


def _numbers(stage: Stage, sent: Sent) -> set[int]:
    return set(range(stage.accepted.next)) | sent.late


def _transits(conn: psycopg.Connection[Any], stage: Stage, sent: Sent) -> Reckoning:
    wanted = _numbers(stage, sent)
    rows = conn.execute("SELECT id, plate, gate_id, captured_at FROM transits").fetchall()
    times = Counter(number_of(row[0]) for row in rows)
    wrong = [row[0] for row in rows if number_of(row[0]) in wanted and not _is_as_sent(stage, row)]
    # Sent by the noise and not acknowledged, or accepted in the moment of a kill: stored, and rightly so.
    strangers = [n for n in times if n not in wanted and not _may_be(n, stage)]
    lost = wanted - set(times)
    doubled = sum(count - 1 for count in times.values())
    return Reckoning(
        figures={"sent": len(wanted), "stored": len(wanted & set(times)), "lost": len(lost), "doubled": doubled},
        wrongs=_told(("transits lost", sorted(lost)), ("transits stored otherwise", wrong), ("strangers", strangers))
        + ([f"{doubled} transits stored twice"] if doubled else []),
    )


def _may_be(number: int, stage: Stage) -> bool:
    return number == stage.accepted.next or NOISE_FROM <= number < NOISE_FROM + LISTED


def _is_as_sent(stage: Stage, row: tuple[Any, ...]) -> bool:
    transit, _ = stage.traffic.transit(number_of(row[0]))
    return row == (transit.id, transit.plate, transit.gate_id, transit.captured_at)


def _pictures(conn: psycopg.Connection[Any], stage: Stage, sent: Sent) -> Reckoning:
    wanted = {(number, role) for number in _numbers(stage, sent) for role in ImageRole}
    kept = pictures_that_must_arrive(stage.folder / OUTBOX)
    must = {(number_of(UUID(key.decode())), role) for key, role in kept} | sent.pictures
    rows = conn.execute("SELECT transit_id, role, sha256, path FROM images").fetchall()
    noted = {(number_of(row[0]), ImageRole(row[1])): (row[2], row[3]) for row in rows}
    missing = must - set(noted)
    bad = [path for sha256, path in noted.values() if _sha256_on_disk(stage, path) != sha256]
    changed = [each for each, (sha256, _) in noted.items() if each in wanted and sha256 != _sha256_sent(stage, each)]
    files = {str(path.relative_to(stage.images)) for path in stage.images.rglob("*.jpg")}
    orphans = files - {path for _, path in noted.values()}
    return Reckoning(
        figures={
            "images_sent": len(wanted),
            "images_stored": len(wanted & set(noted)),
            "images_dropped": len(wanted - set(noted) - must),
            "images_lost": len(missing),
            "images_doubled": len(rows) - len(noted),
        },
        wrongs=_told(
            ("pictures lost", sorted(missing)),
            ("pictures that are not what was noted", bad),
            ("pictures stored that were not sent so", changed),
            ("pictures on disk without a row", sorted(orphans)),
        ),
    )


def _sha256_on_disk(stage: Stage, path: str) -> str:
    try:
        return hashlib.sha256((stage.images / path).read_bytes()).hexdigest()
    except FileNotFoundError:
        return "(no file)"


def _sha256_sent(stage: Stage, picture: Picture) -> str:
    return hashlib.sha256(stage.traffic.picture(*picture)).hexdigest()


def _alarms(conn: psycopg.Connection[Any], stage: Stage, sent: Sent) -> Reckoning:
    wanted = {number for number in _numbers(stage, sent) if is_listed(number) and _is_imported(number)}
    times = Counter(number_of(row[0]) for row in conn.execute("SELECT transit_id FROM alarms"))
    lost = wanted - set(times)
    doubled = [number for number, count in times.items() if count > 1]
    wrong = [number for number in times if not (is_listed(number) and _is_imported(number))]
    return Reckoning(
        figures={"alarms": len(wanted & set(times)), "alarms_lost": len(lost), "alarms_doubled": len(doubled)},
        wrongs=_told(("alarms lost", sorted(lost)), ("alarms doubled", doubled), ("alarms for nothing", wrong)),
    )


def _is_imported(number: int) -> bool:
    return number < LISTED or NOISE_FROM <= number < NOISE_FROM + LISTED


def _dead_letters(conn: psycopg.Connection[Any], stage: Stage) -> Reckoning:
    garbage = dict(_garbage_on(stage))
    rows = conn.execute('SELECT topic, partition, "offset", reason FROM dead_letters').fetchall()
    refused = {(topic, partition, offset): reason for topic, partition, offset, reason in rows}
    published = _dead_letters_on_topic(stage)
    wrong = [
        (place, garbage[place], refused[place])
        for place in garbage.keys() & refused
        if garbage[place] != refused[place]
    ]
    return Reckoning(
        figures={
            "garbage": len(garbage),
            "dead_letters": len(refused),
            "dead_letters_doubled": len(rows) - len(refused),
        },
        wrongs=_told(
            ("garbage that was not refused", sorted(garbage.keys() - refused.keys())),
            ("good messages refused", sorted((*place, refused[place]) for place in refused.keys() - garbage.keys())),
            ("garbage refused for another reason", wrong),
            ("dead letters that are not on their topic", sorted(refused.keys() - published)),
        ),
    )


def _garbage_on(stage: Stage) -> Iterator[tuple[Place, str]]:
    for record in _all_records(stage, TRANSITS_TOPIC, IMAGES_TOPIC):
        reason = dict(record.headers).get(MARK)
        if reason is not None:
            yield (record.topic, record.partition, record.offset), reason.decode()


def _dead_letters_on_topic(stage: Stage) -> set[Place]:
    places = set()
    for record in _all_records(stage, DEADLETTER_TOPIC):
        headers = {name: value for name, value in record.headers if name.startswith("anpr.")}
        where = (headers[f"anpr.{name}"].decode() for name in ("topic", "partition", "offset"))
        topic, partition, offset = where
        places.add((topic, int(partition), int(offset)))
    return places


def _all_records(stage: Stage, *topics: str) -> Iterator[Any]:
    options = client_options(stage.kafka) | {"enable_auto_commit": False, "auto_offset_reset": "earliest"}
    with closing(KafkaConsumer(**options, group_id=None)) as consumer:
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic)
        ]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(each) < end for each, end in ends.items()):
            for records in consumer.poll(timeout_ms=1000).values():
                yield from records


def _told(*wrongs: tuple[str, list[Any]]) -> list[str]:
    return [f"{len(found)} {what}: {', '.join(map(str, found[:5]))}" for what, found in wrongs if found]
