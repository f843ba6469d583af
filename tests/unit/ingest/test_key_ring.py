# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may speak for a reader: its own keys, while they are not revoked."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from anpr.contract.health import encode_health, health_key
from anpr.contract.signature import SIGNATURE_HEADER, SigningKey
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC
from anpr.domain.errors import PoisonReason
from anpr.domain.health import UP, Change, HealthReport, SubjectKind
from anpr.domain.signature import Signature
from anpr.domain.transit import ImageRole
from anpr.ingest.batch import Batch, decode
from anpr.ingest.key_ring import KeyRing
from anpr.store.reader_keys import EnrolledKey
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture
from tests.support.sources import image_message, message, signed, transit_message

A, B, STRANGER = SigningKey.generate(), SigningKey.generate(), SigningKey.generate()
OF_A = make_transit(1, reader_id="a")
OF_B = make_transit(2, reader_id="b")
OF_C = make_transit(3, reader_id="c")


def enrolled(reader_id: str, key: SigningKey, *, revoked: bool = False) -> EnrolledKey:
    return EnrolledKey(reader_id=reader_id, key=key.public, enrolled_at=START, revoked_at=START if revoked else None)


RING = KeyRing([enrolled("a", A), enrolled("b", B)])


def taken(record: Incoming, ring: KeyRing = RING) -> Batch:
    return decode([record], START, lambda _: START, ring)


def refused(record: Incoming, ring: KeyRing = RING) -> tuple[PoisonReason, str | None]:
    (refusal,) = taken(record, ring).refusals
    return refusal.reason, refusal.signer


def test_a_reader_speaks_for_itself() -> None:
    batch = taken(signed(transit_message(OF_A, 0), A))
    assert batch.transits == [OF_A]
    assert batch.signatures == {OF_A.id: Signature.SIGNED}


def test_a_reader_does_not_speak_for_another_one_and_is_named() -> None:
    assert refused(signed(transit_message(OF_B, 0), A)) == (PoisonReason.WRONG_SIGNATURE, "a")


@pytest.mark.parametrize("changed", [{"topic": IMAGES_TOPIC}, {"key": b"gate-2"}, {"headers": {"more": b""}}])
def test_a_message_that_was_changed_or_moved_is_refused(changed: dict[str, object]) -> None:
    record = signed(transit_message(OF_A, 0), A)
    headers = {**record.headers, **(changed.pop("headers", {}))}  # type: ignore[dict-item]
    moved = replace(record, headers=headers, **changed)  # type: ignore[arg-type]
    assert refused(moved)[0] in {PoisonReason.WRONG_SIGNATURE, PoisonReason.WRONG_SHAPE}


def test_a_reader_with_a_key_must_sign_also_after_it_was_revoked() -> None:
    assert refused(transit_message(OF_A, 0)) == (PoisonReason.UNSIGNED, None)
    gone = KeyRing([enrolled("a", A, revoked=True)])
    assert refused(transit_message(OF_A, 0), gone) == (PoisonReason.UNSIGNED, None)
    assert refused(signed(transit_message(OF_A, 0), A), gone) == (PoisonReason.WRONG_SIGNATURE, "a")


def test_of_two_keys_both_are_taken_until_one_is_revoked() -> None:
    new = SigningKey.generate()
    both = KeyRing([enrolled("a", A), enrolled("a", new)])
    for key in (A, new):
        assert taken(signed(transit_message(OF_A, 0), key), both).transits == [OF_A]
    both.replace([enrolled("a", A, revoked=True), enrolled("a", new)])
    assert refused(signed(transit_message(OF_A, 0), A), both) == (PoisonReason.WRONG_SIGNATURE, "a")
    assert taken(signed(transit_message(OF_A, 0), new), both).transits == [OF_A]


def test_an_unknown_key_is_refused_for_a_reader_that_must_sign_and_says_nothing_for_others() -> None:
    assert refused(signed(transit_message(OF_A, 0), STRANGER)) == (PoisonReason.WRONG_SIGNATURE, None)
    batch = taken(signed(transit_message(OF_C, 0), STRANGER))
    assert batch.signatures == {OF_C.id: Signature.UNSIGNED}


def test_where_unsigned_messages_are_refused_every_message_needs_an_enrolled_key() -> None:
    strict = KeyRing([enrolled("a", A)], allow_unsigned=False)
    data = picture(1, 200)
    assert refused(transit_message(OF_C, 0), strict) == (PoisonReason.UNSIGNED, None)
    assert refused(signed(transit_message(OF_C, 0), STRANGER), strict) == (PoisonReason.WRONG_SIGNATURE, None)
    assert refused(image_message(OF_C, ImageRole.PLATE, data, 0), strict) == (PoisonReason.UNSIGNED, None)
    assert taken(signed(image_message(OF_C, ImageRole.PLATE, data, 0), A), strict).images


def report(kind: SubjectKind, name: str, reader_id: str) -> Incoming:
    change = Change(state=UP, since=START)
    told = HealthReport(kind=kind, id=name, reader_id=reader_id, gate_ids=("g",), at=START, changes=(change,))
    return replace(message(encode_health(told), 0, topic=HEALTH_TOPIC), key=health_key(told))


def test_health_is_reported_by_its_own_reader_only() -> None:
    assert taken(signed(report(SubjectKind.READER, "a", "a"), A)).heartbeats == {"a": Signature.SIGNED}
    assert taken(signed(report(SubjectKind.CAMERA, "cam", "a"), A)).health
    assert refused(signed(report(SubjectKind.READER, "b", "a"), A)) == (PoisonReason.WRONG_SIGNATURE, "a")
    assert refused(report(SubjectKind.READER, "b", "c")) == (PoisonReason.UNSIGNED, None)


def test_what_is_read_on_the_same_machine_is_local() -> None:
    batch = decode([transit_message(OF_A, 0)], START, lambda _: START)
    assert batch.signatures == {OF_A.id: Signature.LOCAL}


def test_the_parts_of_a_batch_keep_who_vouches_for_them() -> None:
    records: Sequence[Incoming] = [signed(transit_message(OF_A, 0), A), transit_message(OF_C, 1)]
    first, second = decode(records, START, lambda _: START, RING).halves()
    assert first.signatures == {OF_A.id: Signature.SIGNED}
    assert second.signatures == {OF_C.id: Signature.UNSIGNED}


def test_a_header_that_is_no_signature_is_refused_of_everybody() -> None:
    record = transit_message(OF_C, 0)
    assert refused(replace(record, headers={SIGNATURE_HEADER: b"x"})) == (PoisonReason.WRONG_SIGNATURE, None)
