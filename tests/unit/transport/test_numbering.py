# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transits leave an outbox with numbers that grow by one; a file that is made anew has another epoch."""

from pathlib import Path

import pytest

from anpr.contract.sequence import read_sequence, sequence_header
from anpr.domain.errors import InputError
from anpr.domain.sequence import SequenceNumber
from anpr.domain.transit import ImageRole
from anpr.runtime.clock import ManualClock
from anpr.transport.outbox import Outbox
from anpr.transport.records import RecordKind
from scripts.lab.transits import START, make_transit

EPOCH = "0123456789abcdef0123456789abcdef"


def _numbers(outbox: Outbox) -> list[SequenceNumber]:
    found = [read_sequence(record.headers.get("sequence")) for record in outbox.pending(RecordKind.METADATA, 100)]
    return [each for each in found if each is not None]


def _outbox(path: Path) -> Outbox:
    return Outbox(path, 10_000_000, ManualClock(START))


def test_numbers_grow_by_one_over_restarts_and_start_anew_with_another_epoch(tmp_path: Path) -> None:
    with _outbox(tmp_path / "outbox") as outbox:
        outbox.put_transit(make_transit(0), {})
        outbox.acknowledge([record.seq for record in outbox.pending(RecordKind.METADATA, 10)])
    with _outbox(tmp_path / "outbox") as outbox:
        outbox.put_transit(make_transit(1), {})
        outbox.put_transit(make_transit(2), {})
        again = _numbers(outbox)
    with _outbox(tmp_path / "another") as outbox:
        outbox.put_transit(make_transit(3), {})
        (other,) = _numbers(outbox)
    assert [each.number for each in again] == [2, 3]
    assert other.number == 1
    assert {each.epoch for each in again} != {other.epoch}


def test_a_refused_transit_uses_no_number(tmp_path: Path) -> None:
    with _outbox(tmp_path / "outbox") as outbox:
        with pytest.raises(InputError):
            outbox.put_transit(make_transit(0), {ImageRole.PLATE: b"not the one that it names"})
        outbox.put_transit(make_transit(1), {})
        assert [each.number for each in _numbers(outbox)] == [1]


@pytest.mark.parametrize(
    "value",
    [b"", b":", b"1", EPOCH.encode(), f"{EPOCH}:0".encode(), f"{EPOCH}:-1".encode(), f"{EPOCH}:01".encode(),
     f"{EPOCH}:{10**15 + 1}".encode(), f"{EPOCH}:1 ".encode(), f"{EPOCH.upper()}:1".encode(), b"\xff" * 40,
     b"9" * 100_000],
    ids=range(12),
)  # fmt: skip
def test_a_header_that_is_no_number_is_none(value: bytes) -> None:
    assert read_sequence(value) is None


def test_a_number_comes_back_as_it_went() -> None:
    number = SequenceNumber(EPOCH, 10**15)
    assert read_sequence(sequence_header(number)["sequence"]) == number
    assert read_sequence(None) is None
