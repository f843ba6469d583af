# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlist files as people export them, right and wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.errors import InputError
from anpr.store.watchlists.entries import NewEntry
from anpr.store.watchlists.entries_csv import read_entries_csv

ROME = ZoneInfo("Europe/Rome")
HEADER = "plate,reason,valid_from,valid_to\n"


def _write(folder: Path, content: str | bytes) -> Path:
    path = folder / "stolen.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_rows_become_entries_in_their_order(tmp_path: Path) -> None:
    path = _write(
        tmp_path, HEADER + 'ab 123 cd,"stolen, report 12/2026",,\nZZ999ZZ,flagged,2026-11-01,2026-11-30T12:00Z\n'
    )
    assert read_entries_csv(path, ROME) == [
        NewEntry(plate="AB123CD", reason="stolen, report 12/2026"),
        NewEntry(
            plate="ZZ999ZZ",
            reason="flagged",
            valid_from=datetime(2026, 10, 31, 23, 0, tzinfo=UTC),
            valid_to=datetime(2026, 11, 30, 12, 0, tzinfo=UTC),
        ),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfplate,reason,valid_from,valid_to\r\nAB123CD,r\xc3\xa8ato,,\r\n",
        "plate;reason;valid_from;valid_to\nAB123CD;rèato;;\n\n",
        '"Plate"\t"Reason"\t"Valid_from"\t"Valid_to"\nAB123CD\trèato\t\t\n',
    ],
    ids=["byte order mark and CRLF", "semicolons", "tabs and quoted header"],
)
def test_what_spreadsheets_export_is_read(tmp_path: Path, content: str | bytes) -> None:
    assert read_entries_csv(_write(tmp_path, content), ROME) == [NewEntry(plate="AB123CD", reason="rèato")]


@pytest.mark.parametrize("form", ["2026-11-{}", "{}/11/2026"])
def test_a_day_alone_is_valid_to_its_end(tmp_path: Path, form: str) -> None:
    first, last = form.format(20), form.format(28)
    path = _write(tmp_path, f"{HEADER}AB123CD,x,{first},{last}\nAB123CD,x,{last},{last}\n")
    whole, one_day = read_entries_csv(path, ROME)
    end = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
    assert (whole.valid_from, whole.valid_to) == (datetime(2026, 11, 19, 23, 0, tzinfo=UTC), end)
    assert (one_day.valid_from, one_day.valid_to) == (end - timedelta(hours=24), end)


def test_in_the_hour_that_comes_twice_an_entry_holds_until_its_second_time(tmp_path: Path) -> None:
    path = _write(tmp_path, HEADER + "AB123CD,x,2026-10-25T02:30,2026-10-25T02:30\n")
    [entry] = read_entries_csv(path, ROME)
    assert entry.valid_from == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert entry.valid_to == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "row 1: expected the header"),
        (
            "targa,motivo\nAB123CD,x\n",
            "row 1: expected the header plate,reason,valid_from,valid_to, found 'targa,motivo'",
        ),
        (HEADER, "no entries"),
        (HEADER + "AB123CD,x,,\nAB%,x,,\n", "row 3: plate: a plate holds only"),
        (
            HEADER + "AB123CD,x,,\nАВ123СД,x,,\n",
            "row 3: plate: a plate holds only letters A-Z, Ä, Ö, Ü and digits, not 'А' (CYR",
        ),
        (HEADER + "AB123CD,x,,9999-12-31\n", "row 2: valid_to: the year 9999 lies outside"),
        (HEADER + ",x,,\n", "row 2: plate: a plate needs"),
        (HEADER + "AB123CD,,,\n", "row 2: reason: must not be empty"),
        (HEADER + "AB123CD,x,tomorrow,\n", "row 2: valid_from: 'tomorrow' is not a time"),
        (HEADER + "AB123CD,x,2026-11-02,2026-11-01\n", "row 2: valid_to: must be after"),
        (HEADER + "AB123CD,x,\n", "row 2: expected 4 columns, found 3"),
        (HEADER + "AB123CD,x,,\nCD123AB,x,,\nAB 123 CD,y,,\n", "row 4: plate: the same plate and validity as in row 2"),
        (HEADER + 'AB123CD,"x,,\n', "row 2: unexpected end of data"),
        ("\xff\xfe".encode("latin-1") + HEADER.encode("utf-16-le"), "not a UTF-8 text file"),
    ],
)
def test_a_wrong_file_is_named_with_its_row_and_column(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    path = _write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_entries_csv(path, ROME)
    assert str(caught.value).startswith(f"{path}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv: No such file"):
        read_entries_csv(tmp_path / "nothing.csv", ROME)
