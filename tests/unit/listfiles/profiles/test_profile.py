# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of fixed width and XML by profile: read like any other list, each wrong row named, and no bomb unfolds."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.errors import InputError
from anpr.listfiles.profiles import xml_records
from anpr.listfiles.profiles.profile import load_list_profile
from anpr.listfiles.reading import HowToRead, ListFile, first_rows, read_list_file
from anpr.listfiles.table import FileError, FileFault

ZONE = ZoneInfo("Europe/Rome")
FIXED, XML = HowToRead(profile="esempio-larghezza-fissa"), HowToRead(profile="esempio-xml")
LINES = (
    "H20261129QUESTURA DI PRATO\r\n"
    "Dab123cd   2026112120261231rubata in città\r\n"
    "DEF456GH   0000000099999999rubata\r\n"
    "DAB*       0000000000000000troppo aperta\r\n"
    "DGH789IJ   2026133100000000data sbagliata\r\n"
    "F000004\r\n"
).encode("cp1252")
DOCUMENT = """<?xml version="1.0" encoding="windows-1252"?>
<q:Elenco xmlns:q="urn:questura">
  <q:Veicoli>
    <q:Veicolo protocollo="4711"><q:Targa>ab 123-cd</q:Targa><q:Motivo>rubata in città &amp; ritrovata</q:Motivo>
      <q:Validita><q:Dal>21/11/2026</q:Dal><q:Al>31/12/2026</q:Al></q:Validita></q:Veicolo>
    <q:Altro><q:Targa>ZZ999ZZ</q:Targa></q:Altro>
    <q:Veicolo><q:Targa>AB*</q:Targa><q:Motivo>vista</q:Motivo></q:Veicolo>
  </q:Veicoli>
</q:Elenco>
""".encode("cp1252")
BILLION = b"""<?xml version="1.0"?>
<!DOCTYPE Elenco [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>
<Elenco><Veicoli><Veicolo><Targa>&c;</Targa></Veicolo></Veicoli></Elenco>"""
OUTSIDE = b"""<!DOCTYPE Elenco [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<Elenco><Veicoli><Veicolo><Targa>&a;</Targa></Veicolo></Veicoli></Elenco>"""

_XML = "schema: 1\nname: p\nencoding: {kind: xml, record: A/B}\n"


def entries(read: ListFile) -> list[tuple[str, str, str | None, str | None]]:
    def day(moment: object) -> str | None:
        return str(moment.astimezone(ZONE).date()) if moment else None  # type: ignore[attr-defined]

    return [(each.plate, each.reason, day(each.valid_from), day(each.valid_to)) for each in read.entries]


def rejects(read: ListFile) -> list[tuple[int, str]]:
    return [(each.row, each.column) for each in read.rejects]


def test_a_file_of_fixed_width_is_read_and_wrong_lines_are_named() -> None:
    read = read_list_file("elenco.dat", LINES, ZONE, FIXED)
    assert (str(read.format), read.encoding) == ("fixed-width", "cp1252")
    assert entries(read) == [
        ("AB123CD", "rubata in città", "2026-11-21", "2027-01-01"),
        ("EF456GH", "rubata", None, None),
    ]
    assert rejects(read) == [(4, "plate"), (5, "valid_from")]


def test_records_without_line_ends_are_read(tmp_path: Path) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_text(
        "schema: 1\nname: p\nencoding: {kind: fixed-width, record_length: 12}\n"
        "fields: [{column: plate, start: 1, length: 7}, {column: reason, start: 8, length: 5}]\n"
    )
    read = read_list_file("f", b"AB123CDfurtoEF456GHfurto", ZONE, HowToRead(profile=str(profile)))
    assert [each.plate for each in read.entries] == ["AB123CD", "EF456GH"]


def test_xml_is_read_whatever_its_namespace_and_wrong_elements_are_named() -> None:
    read = read_list_file("elenco.xml", DOCUMENT, ZONE, XML)
    assert entries(read) == [("AB123CD", "rubata in città & ritrovata, 4711", "2026-11-21", "2027-01-01")]
    assert rejects(read) == [(7, "plate")], "the line on which the element begins"


def test_columns_remembered_of_a_table_do_not_mislead_a_profile() -> None:
    how = HowToRead(profile="esempio-xml", columns={next(iter(load_list_profile("esempio-xml").fields)).column: "7"})
    assert len(read_list_file("elenco.xml", DOCUMENT, ZONE, how).entries) == 1


def test_the_first_rows_are_shown_before_anything_is_understood() -> None:
    first = first_rows("elenco.xml", DOCUMENT, XML, 20)
    assert [cells[0] for _, cells in first.rows] == ["plate", "ab 123-cd", "AB*"]


@pytest.mark.parametrize("content", [BILLION, OUTSIDE], ids=["billion", "outside"])
def test_a_document_with_entities_is_refused(content: bytes) -> None:
    with pytest.raises(FileError, match="DOCTYPE") as refused:
        read_list_file("bomba.xml", content, ZONE, XML)
    assert refused.value.fault is FileFault.DOCTYPE


def test_what_is_too_deep_or_too_long_is_refused_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b"<Elenco>\n" + b"<a>" * 100 + b"</a>" * 100 + b"</Elenco>"
    with pytest.raises(FileError, match="line 2: a/a/a: deeper than 64"):
        read_list_file("f.xml", deep, ZONE, XML)
    long = b"<Elenco><Veicoli><Veicolo><Targa>" + b"A" * 40_000 + b"</Targa></Veicolo></Veicoli></Elenco>"
    with pytest.raises(FileError, match="more than 32767 characters"):
        read_list_file("f.xml", long, ZONE, XML)
    monkeypatch.setattr(xml_records, "MAX_BYTES", 100)
    with pytest.raises(FileError, match="larger than"):
        read_list_file("f.xml", DOCUMENT, ZONE, XML)


@pytest.mark.parametrize(
    "content",
    [DOCUMENT[:-20], DOCUMENT.replace(b"</q:Motivo>", b"", 1), b"Targa;Motivo\n", b""],
    ids=["cut", "unbalanced", "table", "empty"],
)
def test_what_is_no_whole_document_is_refused(content: bytes) -> None:
    with pytest.raises(FileError) as refused:
        read_list_file("f.xml", content, ZONE, XML)
    assert refused.value.fault in {FileFault.BROKEN_XML, FileFault.NO_ROWS}


def test_xml_without_a_profile_says_that_it_needs_one() -> None:
    with pytest.raises(FileError) as refused:
        read_list_file("f.xml", DOCUMENT, ZONE)
    assert refused.value.fault is FileFault.NEEDS_PROFILE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{_XML}fields: [{{column: reason, path: C}}]\n", "none is the plate"),
        (f"{_XML}fields: [{{column: plate, start: 1, length: 2}}]\n", "wants a path"),
        ("schema: 1\nname: p\nencoding: {kind: fixed-width}\nfields: [{column: plate, path: C}]\n", "start and length"),
        ("schema: 1\nname: p\nencoding: {kind: csv}\nfields: []\n", "encoding"),
        ("schema: 2\nname: p\nencoding: {kind: xml, record: A}\nfields: [{column: plate, path: C}]\n", "schema"),
        ("schema: 1\nname: p\nwhat: x\nencoding: {kind: xml, record: A}\nfields: [{column: plate, path: C}]\n", "what"),
        ("- 1\n", "expected keys"),
    ],
    ids=["no-plate", "places", "path", "kind", "schema", "key", "list"],
)  # fmt: skip
def test_a_wrong_profile_is_named_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as refused:
        load_list_profile(str(path))
    assert "p.yaml" in str(refused.value)


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(InputError, match="esempio-xml"):
        load_list_profile("esempio-xmll")
