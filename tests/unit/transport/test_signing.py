# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing on the way to the broker."""

from collections.abc import Sequence

from anpr.contract.signature import SIGNATURE_HEADER, SigningKey, read_claim, signed_bytes
from anpr.transport.records import OutboxRecord
from anpr.transport.signing import SigningPublisher


class Published:
    """A publisher that acknowledges the first record."""

    def __init__(self) -> None:
        self.records: list[OutboxRecord] = []

    def publish(self, records: Sequence[OutboxRecord]) -> list[int]:
        self.records += records
        return [records[0].seq]


def test_each_record_gets_the_signature_beside_its_headers_and_stays_the_same() -> None:
    key, behind = SigningKey.generate(), Published()
    records = [
        OutboxRecord(seq=seq, topic="anpr.images", key=b"k", headers={"role": b"plate"}, value=bytes([seq]))
        for seq in (7, 8)
    ]
    assert SigningPublisher(behind, key).publish(records) == [7]
    for record, sent in zip(records, behind.records, strict=True):
        claim = read_claim(sent.headers[SIGNATURE_HEADER])
        assert key.public.verifies(
            claim.signature, signed_bytes(record.topic, record.key, record.headers, record.value)
        )
        assert (sent.seq, sent.topic, sent.key, sent.value) == (record.seq, record.topic, record.key, record.value)
        assert sent.headers["role"] == b"plate"
