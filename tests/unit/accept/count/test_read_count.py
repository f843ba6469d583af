# SPDX-License-Identifier: AGPL-3.0-or-later
"""The count, as spreadsheets save it."""

from pathlib import Path

import pytest

from anpr.accept.count.read_count import read_count
from anpr.accept.count.vehicle import Lighting
from anpr.accept.folder.records import Side
from anpr.domain.errors import InputError
from tests.support.acceptance import at, recorded, write_count


def test_a_row_of_a_motion_event_has_its_time(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", events_at=[60])
    write_count(workspace, "2026-12-01;08:01:00;ab 123-cd;p;Moto;notte;pioggia;s1m001")

    (vehicle,) = read_count(workspace).vehicles

    assert (vehicle.plate, vehicle.began, vehicle.ended) == ("AB123CD", at(59), at(61))
    assert (vehicle.side, vehicle.light, vehicle.kind) == (Side.REAR, Lighting.NIGHT, "moto")
    assert (vehicle.row, vehicle.note) == (2, "pioggia")


@pytest.mark.parametrize("when", ["2026-12-01;08:01:05", "01/12/2026;8:01:05", "1-12-2026;8.01.05"])
def test_dates_and_times_are_read_as_people_write_them(tmp_path: Path, when: str) -> None:
    workspace = recorded(tmp_path / "c")
    write_count(workspace, f"{when};?", header="data;ora;targa")

    (vehicle,) = read_count(workspace).vehicles

    assert (vehicle.began, vehicle.plate, vehicle.side) == (at(65), None, None)


def test_a_row_in_which_no_vehicle_passed_is_counted_apart(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", events_at=[60, 90])
    write_count(workspace, "2026-12-01;08:01:00;-;;;;;s1m001", "2026-12-01;08:01:30;AB123CD;;;;;s1m002", ";;;;;;;")

    count = read_count(workspace)

    assert [vehicle.plate for vehicle in count.vehicles] == ["AB123CD"]
    assert count.without_vehicle == 1


def test_commas_windows_letters_and_another_order_are_understood(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", side=Side.FRONT)
    text = "Targa,Note,Data,Ora\r\nAB123CD,è buio,2026-12-01,08:01:00\r\n"
    workspace.count_path.write_bytes(text.encode("cp1252"))

    (vehicle,) = read_count(workspace).vehicles

    assert (vehicle.plate, vehicle.note, vehicle.side) == ("AB123CD", "è buio", Side.FRONT)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("2026-12-01;08:01:00;;;;;;", "row 3: column targa: is empty: write the plate, ? if nobody"),
        ("2026-12-01;08:01:00;AB*CD;;;;;", "row 3: column targa: a plate holds only letters"),
        ("2026-13-01;08:01:00;AB123CD;;;;;", "row 3: column data: '2026-13-01'"),
        ("dicembre;08:01:00;AB123CD;;;;;", "row 3: column data: 'dicembre' is not a date"),
        ("2026-12-01;25:01:00;AB123CD;;;;;", "row 3: column ora: '25:01:00'"),
        ("2026-12-01;alle otto;AB123CD;;;;;", "row 3: column ora: 'alle otto' is not a time"),
        ("2026-12-01;09:01:00;AB123CD;;;;;", "row 3: column ora: nothing was recorded at 2026-12-01 09:01:00"),
        ("2026-12-01;08:01:00;AB123CD;sotto;;;;", "row 3: column lato: 'sotto' is not one of anteriore, posteriore"),
        ("2026-12-01;08:01:00;AB123CD;;;alba;;", "row 3: column luce: 'alba' is not one of giorno, notte"),
        ("2026-12-01;08:01:00;AB123CD;;;;;s1m099", "row 3: column evento: there is no motion event 's1m099'"),
        ("2026-12-01;08:01:00;AB123CD;;;;;;;x", "row 3: 10 cells, and the header has 8"),
    ],
)
def test_what_is_wrong_is_named_by_file_row_and_column(tmp_path: Path, row: str, complaint: str) -> None:
    workspace = recorded(tmp_path / "c")
    write_count(workspace, "2026-12-01;08:00:30;AB123CD;;;;;", row)

    with pytest.raises(InputError) as caught:
        read_count(workspace)

    assert str(caught.value).startswith(f"{workspace.count_path}: {complaint}")


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("data;ora", "row 1: no column 'targa'"),
        ("data;ora;targa;colore", "row 1: column 'colore' is not one of"),
        ("data;ora;targa;ora", "row 1: column 'ora' is there twice"),
    ],
)
def test_a_wrong_header_is_named(tmp_path: Path, header: str, complaint: str) -> None:
    workspace = recorded(tmp_path / "c")
    write_count(workspace, header=header)

    with pytest.raises(InputError, match=complaint):
        read_count(workspace)
