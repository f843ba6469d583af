# SPDX-License-Identifier: AGPL-3.0-or-later
"""What files say of themselves: in their name, in lines of fixed width, in XML; and what a profile must say for it."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.list_delivery import DeliveryKind
from anpr.listfiles.profiles.profile import load_list_profile
from anpr.listfiles.reading import HowToRead, read_list_file
from anpr.listfiles.table import FileError, FileFault

ZONE = ZoneInfo("Europe/Rome")
FIXED = """schema: 1
name: p
encoding: {kind: fixed-width, only: {start: 1, length: 1, value: D}}
fields: [{column: plate, start: 2, length: 7}, {column: reason, start: 9, length: 5}]
delivery:
  version: {line: {start: 1, length: 1, value: H}, start: 2, length: 8, format: "%Y%m%d"}
  count: {line: {start: 1, length: 1, value: F}, start: 2, length: 4}
"""
TABLE = """schema: 1
name: p
encoding: {kind: table}
fields: [{column: plate, header: Mezzo}, {column: reason, header: "2"}, {column: operation, header: Op}]
delivery:
  version: {name: "_([0-9]+)[.]"}
  operations: {add: [I], remove: [E]}
"""


def read(tmp_path: Path, profile: str, name: str, content: bytes) -> Any:
    (tmp_path / "p.yaml").write_text(profile)
    return read_list_file(name, content, ZONE, HowToRead(profile=str(tmp_path / "p.yaml")))


def test_lines_of_fixed_width_say_version_day_and_number(tmp_path: Path) -> None:
    found = read(tmp_path, FIXED, "a", b"H20261121\nDAB123CDfurto\nF0001\n")
    assert found.delivery.version.text == "20261121"
    assert found.delivery.as_of.astimezone(ZONE).isoformat() == "2026-11-21T00:00:00+01:00"
    with pytest.raises(FileError, match="should have 2 records, and has 1") as caught:
        read(tmp_path, FIXED, "a", b"H20261121\nDAB123CDfurto\nF0002\n")
    assert caught.value.fault is FileFault.INCOMPLETE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"DAB123CDfurto\nF0001\n", "version of the delivery: is not there", id="no version"),
        pytest.param(b"H20261321\nDAB123CDfurto\nF0001\n", "'20261321' is no date", id="no date"),
        pytest.param(b"H20261121\nDAB123CDfurto\n", "count of the delivery: is not there", id="cut"),
        pytest.param(b"H20261121\nDAB123CDfurto\nFxxxx\n", "'xxxx' is no number", id="no number"),
    ],
)
def test_what_is_to_be_told_must_be_there(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(FileError, match=told) as caught:
        read(tmp_path, FIXED, "a", content)
    assert caught.value.fault is FileFault.NO_VERSION


def test_a_table_has_its_version_in_its_name_and_its_operations_in_a_column(tmp_path: Path) -> None:
    content = b"Mezzo;Perche;Op\nAB123CD;furto;I\nEF456GH;;E\nGH789IJ;furto;X\n"
    found = read(tmp_path, TABLE, "elenco_0012.csv", content)
    assert (found.delivery.kind, found.delivery.version.rank) == (DeliveryKind.DELTA, 12)
    assert [each.plate for each in found.entries] == ["AB123CD"]
    assert [each.plate for each in found.removals] == ["EF456GH"]
    assert [(each.row, each.column) for each in found.rejects] == [(4, "Op")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param('{name: "_([0-9]+)[.]"}', "{path: A/@v}", "delivery.version: wants name", id="path in a table"),
        pytest.param("_([0-9]+)[.]", "_[0-9]+", "one group", id="no group"),
        pytest.param("_([0-9]+)[.]", "(", "no regular expression", id="no expression"),
        pytest.param('  version: {name: "_([0-9]+)[.]"}\n', "", "changes need a version", id="no version"),
        pytest.param(", {column: operation, header: Op}", "", "go together", id="no column"),
        pytest.param("header: Mezzo", "path: Targa", "wants a header", id="no header"),
    ],
)
def test_a_profile_that_cannot_work_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    (tmp_path / "p.yaml").write_text(TABLE.replace(old, new))
    with pytest.raises(FileError, match=told):
        load_list_profile(str(tmp_path / "p.yaml"))


def test_the_example_that_is_shipped_is_read() -> None:
    document = (
        b'<Elenco versione="8" precedente="7" data="2026-11-30T06:00:00+01:00" totale="1" tipo="variazioni">'
        b'<Veicolo operazione="modifica"><Targa>AB123CD</Targa><Motivo>furto</Motivo></Veicolo></Elenco>'
    )
    found = read_list_file("a.xml", document, ZONE, HowToRead(profile="esempio-consegna"))
    assert found.delivery.base is not None
    assert (found.delivery.base.rank, found.replaced) == (7, {"AB123CD"})
    assert found.delivery.as_of is not None
    assert found.delivery.as_of.isoformat() == "2026-11-30T05:00:00+00:00"
