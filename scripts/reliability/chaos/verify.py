"""Whether everything is where it belongs, once all faults are mended and everything has flowed off."""

import hashlib
from collections import Counter
from typing import Any
from uuid import UUID

import psycopg

from anpr.domain.health import UP, SubjectKind
from anpr.domain.transit import ImageRole
from scripts.reliability.chaos import reader_process
from scripts.reliability.chaos.background_traffic import Sent
from scripts.reliability.chaos.environment import LISTED, NOISE_FROM, Stage
from scripts.reliability.chaos.facts import Facts, Reckoning, told
from scripts.reliability.chaos.traffic import OLD_FROM, is_listed, number_of, plate_of
from scripts.reliability.chaos.verify_ledger import reckon_ledger
from scripts.reliability.chaos.verify_metrics import reckon_metrics

Picture = tuple[UUID, ImageRole]


def reckon(stage: Stage, sent: Sent) -> Reckoning:
    """Hold the database, the pictures, the topics, the ledger and the metrics against what was sent."""
    with psycopg.connect(stage.database_url) as conn:
        facts = Facts(stage, sent, conn)
        parts = [
            part(facts)
            for part in (_transits, _pictures, _alarms, _dead_letters, _health, reckon_ledger, reckon_metrics)
        ]
    figures: dict[str, int] = {}
    for part in parts:
        figures |= part.figures
    return Reckoning(figures=figures, wrongs=[wrong for part in parts for wrong in part.wrongs])


def _transits(facts: Facts) -> Reckoning:
    traffic = facts.stage.traffic
    wanted = {traffic.id_of(number) for number in facts.numbers} | facts.of_reader
    rows = facts.conn.execute("SELECT id, plate, gate_id, captured_at FROM transits").fetchall()
    times = Counter(row[0] for row in rows)
    wrong = [row[0] for row in rows if row[0] not in facts.of_reader and not _is_as_sent(facts.stage, row)]
    # Sent by the noise and not acknowledged, or taken in the moment of a kill: stored, and rightly so.
    strangers = [each for each in times if each not in wanted and not _may_be(number_of(each), facts.stage)]
    lost = wanted - set(times)
    doubled = sum(count - 1 for count in times.values())
    return Reckoning(
        figures={
            "sent": len(wanted),
            "stored": len(wanted & set(times)),
            "lost": len(lost),
            "doubled": doubled,
            "read_by_reader": len(facts.of_reader),
        },
        wrongs=told(("transits lost", sorted(lost)), ("transits stored otherwise", wrong), ("strangers", strangers))
        + ([f"{doubled} transits stored twice"] if doubled else [])
        + told(("records left in an outbox", [n for n in (facts.sender.waiting, facts.reader.waiting) if n])),
    )


def _may_be(number: int, stage: Stage) -> bool:
    return number == stage.accepted.next or any(start <= number < start + LISTED for start in (NOISE_FROM, OLD_FROM))


def _is_as_sent(stage: Stage, row: tuple[Any, ...]) -> bool:
    transit, _ = stage.traffic.transit(number_of(row[0]))
    return row == (transit.id, transit.plate, transit.gate_id, transit.captured_at)


def _pictures(facts: Facts) -> Reckoning:
    stage, traffic = facts.stage, facts.stage.traffic
    wanted = {(traffic.id_of(number), role) for number in facts.numbers for role in ImageRole}
    wanted |= {(transit, role) for transit in facts.of_reader for role in ImageRole}
    noise = {(traffic.id_of(number), role) for number, role in facts.sent.pictures}
    must = facts.sender.pictures | facts.reader.pictures | noise
    rows = facts.conn.execute("SELECT transit_id, role, sha256, path FROM images").fetchall()
    noted = {(row[0], ImageRole(row[1])): (row[2], row[3]) for row in rows}
    named = _named_by_transits(facts)
    bad = [path for sha256, path in noted.values() if _sha256_on_disk(stage, path) != sha256]
    changed = [each for each, (sha256, _) in noted.items() if named.get(each) != sha256]
    files = {str(path.relative_to(stage.images)) for path in stage.images.rglob("*.jpg")}
    missing = must - set(noted)
    return Reckoning(
        figures={
            "images_sent": len(wanted),
            "images_stored": len(wanted & set(noted)),
            "images_dropped": len(wanted - set(noted) - must),
            "images_lost": len(missing),
            "images_doubled": len(rows) - len(noted),
        },
        wrongs=told(
            ("pictures lost", sorted(missing)),
            ("pictures that are not what was noted", bad),
            ("pictures stored that are not those their transit names", changed),
            ("pictures on disk without a row", sorted(files - {path for _, path in noted.values()})),
        ),
    )


def _named_by_transits(facts: Facts) -> dict[Picture, str]:
    """The SHA-256 that each stored transit gives of its pictures: transits themselves were held against what was sent,
    and those of the sender are held against it here."""
    named: dict[Picture, str] = {}
    for transit, images in facts.conn.execute("SELECT id, images FROM transits"):
        number = None if transit in facts.of_reader else number_of(transit)
        for role, sha256, _ in images:
            picture = (transit, ImageRole(role))
            named[picture] = sha256 if number is None else _sha256_sent(facts.stage, number, picture[1])
    return named


def _sha256_on_disk(stage: Stage, path: str) -> str:
    try:
        return hashlib.sha256((stage.images / path).read_bytes()).hexdigest()
    except FileNotFoundError:
        return "(no file)"


def _sha256_sent(stage: Stage, number: int, role: ImageRole) -> str:
    return hashlib.sha256(stage.traffic.picture(number, role)).hexdigest()


def _alarms(facts: Facts) -> Reckoning:
    listed = {plate_of(number) for number in facts.numbers if is_listed(number) and _is_imported(number)}
    listed.add(reader_process.PLATE)
    stored = facts.conn.execute("SELECT id, plate FROM transits").fetchall()
    due = {transit for transit, plate in stored if plate in listed}
    times = Counter(row[0] for row in facts.conn.execute("SELECT transit_id FROM alarms"))
    lost = due - set(times)
    doubled = [transit for transit, count in times.items() if count > 1]
    numbers = {number for number in facts.numbers if is_listed(number) and _is_imported(number)}
    missing = {facts.stage.traffic.id_of(number) for number in numbers} - set(times)
    allowed = due | {transit for transit in times if _may_be_listed(number_of(transit))}
    return Reckoning(
        figures={"alarms": len(due & set(times)), "alarms_lost": len(lost | missing), "alarms_doubled": len(doubled)},
        wrongs=told(
            ("alarms lost", sorted(lost | missing)),
            ("alarms doubled", doubled),
            ("alarms for nothing", sorted(set(times) - allowed)),
        ),
    )


def _may_be_listed(number: int) -> bool:
    return is_listed(number) and _is_imported(number)


def _is_imported(number: int) -> bool:
    return number < LISTED or NOISE_FROM <= number < NOISE_FROM + LISTED


def _dead_letters(facts: Facts) -> Reckoning:
    garbage, published = facts.topics.garbage, facts.topics.dead
    rows = facts.conn.execute('SELECT topic, partition, "offset", reason FROM dead_letters').fetchall()
    refused = {(topic, partition, offset): reason for topic, partition, offset, reason in rows}
    both = garbage.keys() & refused
    return Reckoning(
        figures={
            "garbage": len(garbage),
            "dead_letters": len(refused),
            "dead_letters_doubled": len(rows) - len(refused),
        },
        wrongs=told(
            ("garbage that was not refused", sorted(garbage.keys() - refused.keys())),
            ("good messages refused", sorted((*place, refused[place]) for place in refused.keys() - garbage.keys())),
            (
                "garbage refused for another reason",
                [(p, garbage[p], refused[p]) for p in both if garbage[p] != refused[p]],
            ),
            ("dead letters that are not on their topic", sorted(set(refused.items()) - set(published))),
        ),
    )


def _health(facts: Facts) -> Reckoning:
    """The centre's last word on each reader and camera is their own last word, and their clocks are right.

    Nobody tells the state of a clock: the centre judges it by the heartbeats, and all of them share this machine's.
    """
    rows = facts.conn.execute("SELECT kind, id, state FROM health_intervals WHERE ended_at IS NULL").fetchall()
    known = {f"{kind}/{name}": state for kind, name, state in rows}
    last = {key: report.changes[-1].state for key, report in facts.topics.health.items()}
    last |= {key: UP for key in known if key.startswith(f"{SubjectKind.CLOCK}/")}
    wrong = [
        (key, last.get(key), known.get(key)) for key in sorted(last.keys() | known) if last.get(key) != known.get(key)
    ]
    return Reckoning(
        figures={"health_subjects": len(last)},
        wrongs=told(("states at the centre that are not the last that was told", wrong)),
    )
