# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipts: which transits a destination accepted, refused for good, or wants again."""

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.profile.answers import Answers
from anpr.forward.receipts import read_receipt, receipt_name
from anpr.forward.transport import Receipt

ID = "01a1fd8c-6ce8-7000-8000-000000000001"
ANSWERS = Answers(kind="receipt", ok=("OK",), permanent=("E1",), transient=("E2",))


def read(data: bytes) -> dict[str, str]:
    return read_receipt(ANSWERS, Receipt(name="r", data=data))


def test_the_receipt_is_named_after_the_sent_file() -> None:
    assert receipt_name(ANSWERS, "T_1.xml") == "T_1.xml.esito"
    assert receipt_name(Answers(file_name="{stem}.ret"), "T_1.xml") == "T_1.ret"


def test_codes_have_a_meaning_and_strangers_the_one_of_the_profile() -> None:
    assert [ANSWERS.meaning(code) for code in ("OK", "E1", "E2", "E9")] == ["ok", "permanent", "transient", "permanent"]


def test_a_receipt_names_transits_or_the_whole_file() -> None:
    assert read(f"{ID.upper()};OK;fine\r\n\r\n*; E2 \n".encode()) == {ID: "OK", "*": "E2"}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "receipt r: empty"),
        (b"\xff\xfe", "receipt r: not a delimited text file"),
        (b"*\n", "receipt r, row 1: 1 columns, too few"),
        (f"{ID};OK\nAB123CD;OK\n".encode(), "receipt r, row 2: column 1 is not a transit's id"),
        (f"{ID};OK\n{ID};E1\n".encode(), "receipt r, row 2: answered twice, differently"),
    ],
)
def test_a_receipt_that_cannot_be_read_is_named(data: bytes, complaint: str) -> None:
    with pytest.raises(ForwardError) as caught:
        read(data)
    assert str(caught.value).startswith(complaint)
    assert "AB123CD" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\n" * 200_001, "more than 200000 lines"),
        (b"*;OK;" + b"x" * 70_000, "65536 characters"),
        (f"{ID};OK;x\u2028{ID};E1\n".encode(), "neither LF nor CR"),
    ],
)
def test_a_receipt_is_bounded_and_hides_no_row(data: bytes, told: str) -> None:
    with pytest.raises(ForwardError, match=told):
        read(data)
