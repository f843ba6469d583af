# SPDX-License-Identifier: AGPL-3.0-or-later
"""List files as offices send them, right and wrong."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.domain.errors import InputError
from anpr.listfiles import reading
from anpr.listfiles.cells import Fault, Notice
from anpr.listfiles.columns import Column
from anpr.listfiles.reading import HowToRead, ListFile, read_bytes, read_list_file, write_rejects
from anpr.store.watchlists.entries import NewEntry
from tests.support.budget import examples

ROME = ZoneInfo("Europe/Rome")
HEADER = "plate,reason,valid_from,valid_to\n"
NOVEMBER_28 = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)


def _read(content: str | bytes, **how: Any) -> ListFile:
    raw = content.encode() if isinstance(content, str) else content
    return read_list_file("rubati.csv", raw, ROME, HowToRead(**how))


def _entries(content: str | bytes, **how: Any) -> list[NewEntry]:
    read = _read(content, **how)
    assert read.rejects == []
    return read.entries


def test_rows_become_entries_in_their_order() -> None:
    content = HEADER + 'ab 123 cd,"stolen, report 12/2026",,\nZZ999ZZ,flagged,2026-11-01,2026-11-30T12:00Z\n'
    assert _entries(content) == [
        NewEntry(plate="AB123CD", reason="stolen, report 12/2026"),
        NewEntry(
            plate="ZZ999ZZ",
            reason="flagged",
            valid_from=datetime(2026, 10, 31, 23, 0, tzinfo=UTC),
            valid_to=datetime(2026, 11, 30, 12, 0, tzinfo=UTC),
        ),
    ]


def test_partial_plates_are_taken_and_counted() -> None:
    read = _read("Targa;Motivo\nab 12*;testimone\nAB?23CD;testimone\nAB123CD;furto\nAB*;testimone\n")
    assert [entry.plate for entry in read.entries] == ["AB12*", "AB?23CD", "AB123CD"]
    assert (read.partial, read.noticed[Notice.PARTIAL_PLATES]) == (2, 1)
    assert "2 partial plates" in str(read.warnings[-1])
    [wrong] = read.rejects
    assert (wrong.row, wrong.fault) == (5, Fault.PLATE)
    assert "at least 4 letters or digits" in wrong.detail


TABLE = "Targa;Motivo\nAB139CD;rubata in città\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_separator_and_line_end_of_a_spreadsheet_is_read(encoding: str, separator: str, end: str) -> None:
    content = TABLE.replace(";", separator).replace("\n", end).encode(encoding)
    read = _read(content)
    assert read.entries == [NewEntry(plate="AB139CD", reason="rubata in città")]
    assert (read.encoding, read.separator, read.rejects, read.warnings) == (encoding, separator, [], [])


@given(st.text(st.characters(codec="cp1252", exclude_categories=("C", "Z")), min_size=1, max_size=60))
@settings(max_examples=examples(200))
def test_a_reason_survives_every_encoding_that_can_hold_it(reason: str) -> None:
    if reason.startswith('="'):
        return
    quoted = '"' + reason.replace('"', '""') + '"'
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        raw = f"targa;motivo\nAB123CD;{quoted}\n".encode(encoding)
        read = _read(raw)
        if encoding == "cp1252" and read.encoding == "utf-8" and not reason.isascii():
            continue  # bytes that happen to be UTF-8 are taken as such, which is said
        assert [entry.reason for entry in read.entries] == [reason]


@pytest.mark.parametrize(
    "header",
    [
        "Targa;Motivo;Dal;Al",
        "targa;motivo;valida_da;valida_a",
        "N. Targa;Note;Data inizio;Scadenza",
        "TARGA VEICOLO;CAUSALE;DECORRENZA;VALIDITÀ FINO AL",
        "Plate;Reason;From;Until",
        '="Targa";="Motivo";"Valida dal";"Fine validità"',
    ],
)
def test_columns_are_found_by_the_words_of_offices(header: str) -> None:
    if "FINO AL" in header:
        header = header.replace("VALIDITÀ FINO AL", "VALIDA FINO AL")
    [entry] = _entries(header + "\nAB127CD;furto;28/11/2026;30/11/2026\n")
    assert entry == NewEntry(
        plate="AB127CD", reason="furto", valid_from=NOVEMBER_28, valid_to=NOVEMBER_28 + timedelta(days=3)
    )


def test_columns_may_come_in_any_order_and_others_are_named_as_not_read() -> None:
    read = _read("Prot.;Scadenza;Targa;Ufficio;Motivo\n12;30/11/2026;AB127CD;PM;furto\n")
    assert [(entry.plate, entry.reason) for entry in read.entries] == [("AB127CD", "furto")]
    assert [str(each) for each in read.warnings] == ["columns that are not read: Prot., Ufficio"]
    assert read.columns == {"valid_to": "Scadenza", "plate": "Targa", "reason": "Motivo"}


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nTarga;Motivo\nAB139CD;furto\n",
        "Targa;Motivo;;\nAB139CD;furto;;\n",
        "Targa;Motivo;Dal;Al\nAB139CD;furto\n",
        'Targa;Motivo\n="AB139CD";"=""furto"""\n',
        "\n\n;;\nTarga;Motivo\n\nAB139CD;furto\n;\n",
    ],
    ids=["sep=", "empty last columns", "short row", "text as a formula", "blank rows"],
)
def test_what_spreadsheets_do_to_a_file_changes_nothing(content: str) -> None:
    assert _entries(content) == [NewEntry(plate="AB139CD", reason="furto")]


def test_a_header_below_a_title_is_found() -> None:
    read = _read("Comune di Empoli;\nElenco veicoli 2026;\nTarga;Motivo\nAB139CD;furto\n")
    assert [entry.plate for entry in read.entries] == ["AB139CD"]
    assert [str(each) for each in read.warnings] == ["the header is row 3; the rows above it are not read"]


def test_a_file_of_plates_only_takes_its_reason_from_whoever_imports_it() -> None:
    assert _entries("AB139CD\nzz 999 zz\n", reason="furto") == [
        NewEntry(plate="AB139CD", reason="furto"),
        NewEntry(plate="ZZ999ZZ", reason="furto"),
    ]
    assert [entry.plate for entry in _entries("Targa\nAB139CD\n", reason="furto")] == ["AB139CD"]
    without = _read("AB139CD\nZZ999ZZ\n")
    assert [(each.row, each.fault) for each in without.rejects] == [(1, Fault.NO_REASON), (2, Fault.NO_REASON)]
    assert "--reason" in without.rejects[0].detail


def test_columns_that_no_word_finds_are_given_by_header_or_number() -> None:
    content = "Id;Mezzo;Perché\n1;AB139CD;furto\n"
    with pytest.raises(InputError, match=r"row 1: no column of plates in 'Id, Mezzo, Perché'; name it with --column"):
        _read(content)
    by_header = {Column.PLATE: "mezzo", Column.REASON: "PERCHE"}
    by_number = {Column.PLATE: "2", Column.REASON: "3"}
    for mapping in (by_header, by_number):
        assert _entries(content, columns=mapping) == [NewEntry(plate="AB139CD", reason="furto")]
    assert _entries("1;AB139CD;furto\n2;ZZ999ZZ;rapina\n", columns=by_number) == [
        NewEntry(plate="AB139CD", reason="furto"),
        NewEntry(plate="ZZ999ZZ", reason="rapina"),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [("21/11/2026", 21), ("21.11.26", 21), ("21/11/26", 21), ("21-11-2026", 21), ("1.1.26", 1), ("2026-11-21", 21)],
)
def test_dates_are_read_as_italians_write_them(text: str, day: int) -> None:
    [entry] = _entries(f"Targa;Motivo;Dal\nAB139CD;x;{text}\n")
    assert entry.valid_from is not None
    local = entry.valid_from.astimezone(ROME)
    assert (local.year, local.month, local.day, local.hour) == (2026, 1 if day == 1 else 11, day, 0)


def test_two_digits_of_a_year_between_dashes_are_refused_as_their_order_is_unknown() -> None:
    [reject] = _read("Targa;Motivo;Dal\nAB139CD;x;26-11-21\n").rejects
    assert (reject.fault, reject.column, reject.text) == (Fault.TIME, "Dal", "26-11-21")


@pytest.mark.parametrize("form", ["2026-11-{}", "{}/11/2026", "{}.11.26"])
def test_a_day_alone_is_valid_to_its_end(form: str) -> None:
    first, last = form.format(20), form.format(28)
    whole, one_day = _entries(f"{HEADER}AB123CD,x,{first},{last}\nAB123CD,x,{last},{last}\n")
    end = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
    assert (whole.valid_from, whole.valid_to) == (datetime(2026, 11, 19, 23, 0, tzinfo=UTC), end)
    assert (one_day.valid_from, one_day.valid_to) == (end - timedelta(hours=24), end)


def test_in_the_hour_that_comes_twice_an_entry_holds_until_its_second_time() -> None:
    [entry] = _entries(HEADER + "AB123CD,x,2026-10-25T02:30,25/10/2026 02:30\n")
    assert entry.valid_from == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert entry.valid_to == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("plate", ["АВ 139 СЕ", "ａｂ-139-ｃｅ", "ΑΒ139CE"], ids=["Cyrillic", "full width", "Greek"])
def test_look_alike_letters_are_mapped_and_the_row_is_named(plate: str) -> None:
    read = _read(f"Targa;Motivo\nZZ999ZZ;x\n{plate};x\n")
    assert [entry.plate for entry in read.entries] == ["ZZ999ZZ", "AB139CE"]
    assert [str(each) for each in read.warnings] == ["row 3: letters of another alphabet were taken as AB139CE"]


def test_the_same_plate_twice_is_kept_once() -> None:
    read = _read(HEADER + "AB123CD,x,,\nCD123AB,x,,\nAB 123 CD,y,,\nab123cd,x,,\nAB123CD,x,,2026-12-31\n")
    assert [(entry.plate, entry.reason, entry.valid_to is None) for entry in read.entries] == [
        ("AB123CD", "x", True), ("CD123AB", "x", True), ("AB123CD", "x", False),
    ]  # fmt: skip
    assert [str(each) for each in read.warnings] == [
        "row 4: AB123CD with the same validity as in row 2, which is kept, with its reason",
        "row 5: AB123CD with the same validity as in row 2, which is kept",
    ]
    assert read.noticed == {Notice.DUPLICATE: 2}


def test_all_wrong_rows_are_told_with_row_column_and_reason() -> None:
    read = _read(
        "Targa;Motivo;Dal;Al\nAB123CD;x;;\nAB%;x;;\nАВ123СД;x;;\n;x;;\nAB124CD;;;\nAB125CD;x;domani;\n"
        "AB126CD;x;02/11/2026;01/11/2026\nAB127CD;x;;31/12/9999\nAB128CD;x;;;per sempre\nAB129CD;x;;\n"
    )
    assert [entry.plate for entry in read.entries] == ["AB123CD", "AB129CD"]
    assert [(each.row, each.column, each.fault) for each in read.rejects] == [
        (3, "Targa", Fault.PLATE),
        (4, "Targa", Fault.PLATE),
        (5, "Targa", Fault.PLATE),
        (6, "Motivo", Fault.NO_REASON),
        (7, "Dal", Fault.TIME),
        (8, "Al", Fault.ORDER),
        (9, "Al", Fault.TIME),
        (10, "-", Fault.CELLS),
    ]
    assert read.rows == 10
    assert "not 'Д' (CYR" in str(read.rejects[1])


def test_wrong_rows_are_written_as_a_file_that_runs_nothing(tmp_path: Path) -> None:
    read = _read("Targa;Motivo\n=1+1;x\nAB%;è\n")
    path = tmp_path / "scarti.csv"
    write_rejects(path, read.rejects)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert [row[0] for row in rows] == ["row", "2", "3"]
    assert [row[4] for row in rows] == ["text", "'=1+1", "AB%"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "the file holds no rows"),
        ("\n;;\n", "the file holds no rows"),
        ("colore,marca\nrosso,Fiat\n", "row 1: no column of plates in 'colore, marca'"),
        ('Targa;Motivo\nAB123CD;"x\n', "row 2: unexpected end of data"),
        (b"Targa;Motivo\nAB\x81CD;x\n", "no text in cp1252 (byte 16)"),
        (b"\xff\xfeT\x00a", "no text in utf-16"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "neither a text file nor a spreadsheet"),
        ("Targa;Motivo" + ";" * 300 + "\n", "302 columns; at most 256"),
        ("Targa;Motivo\nAB123CD;" + "x" * 40_000, "row 2: a cell of more than 32767 characters"),
    ],
)
def test_a_file_that_is_no_list_is_refused_by_name(content: str | bytes, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        _read(content)
    assert str(caught.value).startswith("rubati.csv: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_wrong_rows_only_ends_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_REJECTS", 3)
    with pytest.raises(InputError, match="more than 3 wrong rows; the first: row 2: Targa"):
        _read("Targa;Motivo\n" + "%;x\n" * 4)


def test_warnings_beyond_a_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_WARNINGS", 2)
    read = _read("Targa;Motivo\n" + "AB123CD;x\n" * 6)
    assert (len(read.warnings), read.noticed[Notice.DUPLICATE]) == (2, 5)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv: No such file"):
        read_bytes(tmp_path / "nothing.csv")
