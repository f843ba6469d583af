# SPDX-License-Identifier: AGPL-3.0-or-later
"""A signed export of the audit: whole, changed in every way, cut, and signed by somebody else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from anpr.domain.errors import InputError
from anpr.store.audit import GENESIS, AuditEvent, AuditRow, row_hash
from anpr.store.audit_export import export_lines, site_key, verify_export

NOW = datetime(2026, 11, 28, 21, 0, tzinfo=UTC)
KEY = site_key(b"a" * 64)
Lines = list[bytes]


def rows(count: int, first: int = 1, previous: bytes = GENESIS) -> list[AuditRow]:
    made = []
    for seq in range(first, first + count):
        detail = {"found": seq, "share": 0.1, "gate": "Porta Nuova · è"}
        event = AuditEvent(
            actor="anna",
            action="search",
            at=NOW + timedelta(microseconds=seq),
            reason="furto in via Roma",
            detail=detail,
        )
        previous = row_hash(seq, event, previous)
        made.append(AuditRow(seq=seq, event=event, hash=previous.hex()))
    return made


def exported(count: int = 3) -> Lines:
    return list(export_lines(rows(count), GENESIS, KEY, NOW))


def test_an_export_verifies_and_says_what_it_holds() -> None:
    found = verify_export(exported())
    assert (found.first, found.rows, found.exported_at, found.public_key) == (1, 3, NOW, KEY.public)
    assert found.head == rows(3)[-1].hash


def test_a_part_begins_where_the_rest_ends() -> None:
    whole = rows(5)
    part = list(export_lines(whole[3:], bytes.fromhex(whole[2].hash), KEY, NOW))
    assert (verify_export(part).first, verify_export(part).rows) == (4, 2)


def test_the_key_is_the_same_for_a_secret_and_another_for_another() -> None:
    assert site_key(b"a" * 64).public == KEY.public
    assert site_key(b"b" * 64).public != KEY.public


def _changed(lines: Lines, place: int, **values: object) -> Lines:
    fields = {**json.loads(lines[place]), **values}
    return [*lines[:place], json.dumps(fields).encode() + b"\n", *lines[place + 1 :]]


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda lines: _changed(lines, 2, actor="ugo"), "line 3: row 2 was changed"),
        (lambda lines: _changed(lines, 2, at="2026-11-28T21:00:01+00:00"), "line 3: row 2 was changed"),
        (lambda lines: _changed(lines, 2, detail={"found": 0}), "line 3: row 2 was changed"),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3: row 2 is missing, here is row 3"),
        (lambda lines: [*lines[:3], lines[4]], "it speaks of 3 rows, and 2 are here"),
        (lambda lines: lines[:4], "cut off"),
        (lambda lines: lines[:1], "cut off"),
        (lambda _: [], "cut off"),
        (lambda lines: [*lines, lines[3]], "line 5: something follows"),
        (lambda lines: [*lines[:4], lines[4][:40]], "line 5: not JSON"),
        (lambda lines: [b"[1]\n", *lines[1:]], "line 1: not a JSON object"),
        (lambda lines: _changed(lines, 0, anpr_audit=2), "line 1: this is no export"),
        (lambda lines: _changed(lines, 0, previous="0"), "line 1: expected a hash"),
        (lambda lines: _changed(lines, 1, seq=None), "line 2: this is no row"),
        (lambda lines: _changed(lines, 4, exported_at="2026-01-01T00:00:00+00:00"), "line 5: the signature is not"),
        (lambda lines: _changed(lines, 4, public_key=site_key(b"b" * 64).public.text), "line 5: the signature is not"),
        (lambda lines: [line.replace(b", ", b",") for line in lines], "line 5: the signature is not"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(tamper: Callable[[Lines], Lines], said: str) -> None:
    with pytest.raises(InputError, match=said):
        verify_export(tamper(exported()))


def test_rows_made_anew_by_a_stranger_bear_his_signature() -> None:
    forged = list(export_lines(rows(2), GENESIS, site_key(b"b" * 64), NOW))
    assert verify_export(forged).public_key != KEY.public
