# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verifies after a chaos run that nothing was lost, doubled or changed: database, images, topics, ledger, metrics."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from anpr.domain.errors import PoisonReason
from anpr.domain.health import UP, SubjectKind
from anpr.domain.transit import ImageRole
from scripts.lab import street
from scripts.reliability.chaos.background_traffic import Sent
from scripts.reliability.chaos.environment import BACKGROUND_FROM, LISTED, Environment
from scripts.reliability.chaos.facts import Facts, Verification, described
from scripts.reliability.chaos.traffic import OLD_FROM, is_listed, number_of, plate_of
from scripts.reliability.chaos.verification.verify_ledger import verify_ledger
from scripts.reliability.chaos.verification.verify_metrics import verify_metrics

ImageKey = tuple[UUID, ImageRole]


def verify(environment: Environment, sent: Sent) -> Verification:
    """Compare the database, the images, the topics, the ledger and the metrics with what was sent."""
    with psycopg.connect(environment.database_url) as conn:
        facts = Facts(environment, sent, conn)
        parts = [
            check(facts)
            for check in (_transits, _images, _alarms, _dead_letters, _health, verify_ledger, verify_metrics)
        ]
    figures: dict[str, int] = {}
    for part in parts:
        figures |= part.figures
    return Verification(figures=figures, problems=[problem for part in parts for problem in part.problems])


def _transits(facts: Facts) -> Verification:
    traffic = facts.environment.traffic
    wanted = {traffic.id_of(number) for number in facts.numbers} | facts.of_reader
    rows = facts.conn.execute("SELECT id, plate, gate_id, captured_at FROM transits").fetchall()
    times = Counter(row[0] for row in rows)
    wrong = [row[0] for row in rows if row[0] not in facts.of_reader and not _is_as_sent(facts.environment, row)]
    # Background traffic that was not acknowledged, or accepted at the moment of a kill, may be stored.
    strangers = [each for each in times if each not in wanted and not _may_be(number_of(each), facts.environment)]
    lost = wanted - set(times)
    doubled = sum(count - 1 for count in times.values())
    return Verification(
        figures={
            "sent": len(wanted),
            "stored": len(wanted & set(times)),
            "lost": len(lost),
            "doubled": doubled,
            "read_by_reader": len(facts.of_reader),
        },
        problems=described(
            ("transits lost", sorted(lost)),
            ("transits stored that differ from what was sent", wrong),
            ("transits stored that were never sent", strangers),
        )
        + ([f"{doubled} transits stored twice"] if doubled else [])
        + described(("records left in an outbox", [n for n in (facts.sender.waiting, facts.reader.waiting) if n])),
    )


def _may_be(number: int, environment: Environment) -> bool:
    background = any(start <= number < start + LISTED for start in (BACKGROUND_FROM, OLD_FROM))
    return background or number == environment.accepted.next


def _is_as_sent(environment: Environment, row: tuple[Any, ...]) -> bool:
    transit, _ = environment.traffic.transit(number_of(row[0]))
    return row == (transit.id, transit.plate, transit.gate_id, transit.captured_at)


def _images(facts: Facts) -> Verification:
    environment, traffic = facts.environment, facts.environment.traffic
    wanted = {(traffic.id_of(number), role) for number in facts.numbers for role in ImageRole}
    wanted |= {(transit, role) for transit in facts.of_reader for role in ImageRole}
    background = {(traffic.id_of(number), role) for number, role in facts.sent.images}
    must = facts.sender.images | facts.reader.images | background
    rows = facts.conn.execute("SELECT transit_id, role, sha256, path FROM images").fetchall()
    named = _named_by_transits(facts)
    announced = [row for row in rows if named.get((row[0], ImageRole(row[1]))) == row[2]]
    noted = {(row[0], ImageRole(row[1])): (row[2], row[3]) for row in announced}
    set_aside = _set_aside(facts)
    bad = [path for sha256, path in noted.values() if _sha256_on_disk(environment, path) != sha256]
    files = {str(path.relative_to(environment.images)) for path in environment.images.rglob("*.jpg")}
    missing = must - set(noted)
    return Verification(
        figures={
            "images_sent": len(wanted),
            "images_stored": len(wanted & set(noted)),
            "images_dropped": len(wanted - set(noted) - must),
            "images_lost": len(missing),
            "images_doubled": len(announced) - len(noted),
            "images_not_announced": len(set_aside),
        },
        problems=described(
            ("images lost", sorted(missing)),
            ("images that are not what was noted", bad),
            ("images that nobody forged and no transit names", set_aside[_forged(facts) :]),
            (
                "images on disk without a row",
                sorted(path for path in files - {row[3] for row in rows} if _is_announced(path, named)),
            ),
        ),
    )


def _set_aside(facts: Facts) -> list[str]:
    """Paths of forged images that came before their transit: they take no other's place, are shown to nobody, are told
    by `anpr images check`, and go with retention."""
    named = _named_by_transits(facts)
    rows = facts.conn.execute("SELECT transit_id, role, sha256, path FROM images").fetchall()
    return sorted(path for transit, role, sha256, path in rows if named.get((transit, ImageRole(role))) != sha256)


def _forged(facts: Facts) -> int:
    return sum(reason == PoisonReason.WRONG_DIGEST for reason in facts.topics.garbage.values())


def _is_announced(path: str, named: Mapping[ImageKey, str]) -> bool:
    """Whether the file's name has the digest that a transit names. Another one was refused after it was written, as
    when the database went away in between, and is an orphan for retention."""
    identity, role, digest = Path(path).stem.rsplit("-", 2)
    return named.get((UUID(identity), ImageRole(role)), "").startswith(digest)


def _named_by_transits(facts: Facts) -> dict[ImageKey, str]:
    """The SHA-256 that each stored transit gives of its images: transits themselves were held against what was sent,
    and those of the sender are held against it here."""
    named: dict[ImageKey, str] = {}
    for transit, images in facts.conn.execute("SELECT id, images FROM transits"):
        number = None if transit in facts.of_reader else number_of(transit)
        for role, sha256, _ in images:
            image = (transit, ImageRole(role))
            named[image] = sha256 if number is None else _sha256_sent(facts.environment, number, image[1])
    return named


def _sha256_on_disk(environment: Environment, path: str) -> str:
    try:
        return hashlib.sha256((environment.images / path).read_bytes()).hexdigest()
    except FileNotFoundError:
        return "(no file)"


def _sha256_sent(environment: Environment, number: int, role: ImageRole) -> str:
    return hashlib.sha256(environment.traffic.image(number, role)).hexdigest()


def _alarms(facts: Facts) -> Verification:
    listed = {plate_of(number) for number in facts.numbers if is_listed(number) and _is_imported(number)}
    listed.add(street.PLATE)
    stored = facts.conn.execute("SELECT id, plate FROM transits").fetchall()
    due = {transit for transit, plate in stored if plate in listed}
    times = Counter(row[0] for row in facts.conn.execute("SELECT transit_id FROM sightings"))
    lost = due - set(times)
    doubled = [transit for transit, count in times.items() if count > 1]
    numbers = {number for number in facts.numbers if is_listed(number) and _is_imported(number)}
    missing = {facts.environment.traffic.id_of(number) for number in numbers} - set(times)
    allowed = due | {transit for transit in times if _may_be_listed(number_of(transit))}
    return Verification(
        figures={"alarms": len(due & set(times)), "alarms_lost": len(lost | missing), "alarms_doubled": len(doubled)},
        problems=described(
            ("alarms lost", sorted(lost | missing)),
            ("alarms doubled", doubled),
            ("alarms for nothing", sorted(set(times) - allowed)),
        ),
    )


def _may_be_listed(number: int) -> bool:
    return is_listed(number) and _is_imported(number)


def _is_imported(number: int) -> bool:
    return number < LISTED or BACKGROUND_FROM <= number < BACKGROUND_FROM + LISTED


def _dead_letters(facts: Facts) -> Verification:
    garbage, published = facts.topics.garbage, facts.topics.dead
    rows = facts.conn.execute('SELECT topic, partition, "offset", reason FROM dead_letters').fetchall()
    refused = {(topic, partition, offset): reason for topic, partition, offset, reason in rows}
    both = garbage.keys() & refused
    missing = sorted(garbage.keys() - refused.keys())
    # The same forged image may come again and again before its transit: one row is set aside for all of them.
    is_set_aside = bool(_set_aside(facts))
    late = [place for place in missing if is_set_aside and garbage[place] == PoisonReason.WRONG_DIGEST]
    return Verification(
        figures={
            "garbage": len(garbage),
            "dead_letters": len(refused),
            "garbage_set_aside": len(late),
            "dead_letters_doubled": len(rows) - len(refused),
        },
        problems=described(
            ("invalid messages that were not refused", [place for place in missing if place not in late]),
            ("valid messages refused", sorted((*place, refused[place]) for place in refused.keys() - garbage.keys())),
            (
                "invalid messages refused for another reason",
                [(p, garbage[p], refused[p]) for p in both if garbage[p] != refused[p]],
            ),
            ("dead letters that are not on their topic", sorted(set(refused.items()) - set(published))),
        ),
    )


def _health(facts: Facts) -> Verification:
    """The last state of each reader and camera at the centre is the last that was reported, and their clocks are right.

    Nobody tells the state of a clock: the centre judges it by the heartbeats, and all of them share this machine's.
    """
    rows = facts.conn.execute("SELECT kind, id, state FROM health_intervals WHERE ended_at IS NULL").fetchall()
    known = {f"{kind}/{name}": state for kind, name, state in rows}
    last = {key: report.changes[-1].state for key, report in facts.topics.health.items()}
    last |= {key: UP for key in known if key.startswith(f"{SubjectKind.CLOCK}/")}
    wrong = [
        (key, last.get(key), known.get(key)) for key in sorted(last.keys() | known) if last.get(key) != known.get(key)
    ]
    return Verification(
        figures={"health_subjects": len(last)},
        problems=described(("states at the centre that are not the last reported", wrong)),
    )
