# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures in their folder."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest

from anpr.contract.image import image_header
from anpr.domain.errors import ImageTakenError, StoreError
from anpr.domain.transit import ImageRole
from anpr.store.images.image_store import ImageStore, image_key
from scripts.lab.transits import make_transit, picture

ID = UUID("019aa5a0-0000-7000-8000-000000000001")
LATE = datetime(2026, 11, 22, 0, 30, tzinfo=timezone(timedelta(hours=1)))


def test_a_picture_is_found_by_what_its_transit_knows(tmp_path: Path) -> None:
    images, transit, data = ImageStore(tmp_path), make_transit(1), picture(1, 500)
    key = images.put(image_header(transit=transit, role=ImageRole.PLATE, data=data), data)
    assert key == f"2026-11-21/gate-1/{transit.id}-plate.jpg"
    assert (tmp_path / key).read_bytes() == data
    assert images.find(transit.id, transit.captured_at, transit.gate_id, ImageRole.PLATE) == data
    assert images.find(transit.id, transit.captured_at, transit.gate_id, ImageRole.CONTEXT) is None


def test_putting_it_again_changes_nothing_and_leaves_no_parts(tmp_path: Path) -> None:
    images, transit, data = ImageStore(tmp_path), make_transit(1), picture(1, 500)
    header = image_header(transit=transit, role=ImageRole.PLATE, data=data)
    assert images.put(header, data) == images.put(header, data)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [f"{transit.id}-plate.jpg"]


def test_another_picture_does_not_take_the_place_of_one_that_is_there(tmp_path: Path) -> None:
    images, transit, data, other = ImageStore(tmp_path), make_transit(1), picture(1, 500), picture(2, 500)
    images.put(image_header(transit=transit, role=ImageRole.PLATE, data=data), data)
    with pytest.raises(ImageTakenError, match=str(transit.id)):
        images.put(image_header(transit=transit, role=ImageRole.PLATE, data=other), other)
    assert images.find(transit.id, transit.captured_at, transit.gate_id, ImageRole.PLATE) == data


def test_in_one_batch_the_first_of_two_different_ones_is_stored(tmp_path: Path) -> None:
    images, transit, data, other = ImageStore(tmp_path), make_transit(1), picture(1, 500), picture(2, 500)
    batch = [(image_header(transit=transit, role=ImageRole.PLATE, data=each), each) for each in (data, data, other)]
    first, again, different = images.put_all(batch)
    assert (first, again) == (None, None)
    assert isinstance(different, ImageTakenError)
    assert images.find(transit.id, transit.captured_at, transit.gate_id, ImageRole.PLATE) == data


def test_who_comes_behind_another_one_in_a_batch_is_held_against_what_is_stored(tmp_path: Path) -> None:
    images, transit, data = ImageStore(tmp_path), make_transit(1), picture(1, 500)
    others = [picture(number, 500) for number in (2, 3)]
    images.put(image_header(transit=transit, role=ImageRole.PLATE, data=data), data)
    batch = [
        (image_header(transit=transit, role=ImageRole.PLATE, data=each), each) for each in (*others, data, *others)
    ]
    assert [refusal is None for refusal in images.put_all(batch)] == [False, False, True, False, False]
    assert images.find(transit.id, transit.captured_at, transit.gate_id, ImageRole.PLATE) == data


def test_the_day_is_the_utc_day() -> None:
    assert image_key(ID, LATE, "gate-1", ImageRole.PLATE).startswith("2026-11-21/")


@pytest.mark.parametrize("gate_id", ["..", ".", "../../etc", "/etc", "a/b", "..\\x", "%2e%2e", "a\0b"])
def test_a_hostile_gate_id_stays_one_folder_below_its_day(tmp_path: Path, gate_id: str) -> None:
    images = ImageStore(tmp_path)
    path = tmp_path / image_key(ID, LATE, gate_id, ImageRole.PLATE)
    assert path.parent.parent == tmp_path / "2026-11-21"
    assert path.parent.name not in (".", "..")
    assert images.find(ID, LATE, gate_id, ImageRole.PLATE) is None


def test_two_gate_ids_never_share_a_folder() -> None:
    ids = ["..", "%2E%2E", ".", "a/b", "a%2Fb", "a b"]
    assert len({image_key(ID, LATE, i, ImageRole.PLATE) for i in ids}) == len(ids)


def test_days_before_the_cutoff_are_removed_and_others_stay(tmp_path: Path) -> None:
    images = ImageStore(tmp_path)
    for day in (19, 20, 21):
        transit, data = make_transit(day, captured_at=datetime(2026, 11, day, 23, 59, tzinfo=UTC)), picture(day, 100)
        images.put(image_header(transit=transit, role=ImageRole.PLATE, data=data), data)
    (tmp_path / "2026-xx-01").mkdir()
    assert images.drop_days(date(2026, 11, 21)) == [date(2026, 11, 19), date(2026, 11, 20)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2026-11-21", "2026-xx-01"]


def test_a_disk_that_refuses_is_an_error_that_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "2026-11-21").write_text("a file where the day's folder belongs")
    transit, data = make_transit(1), picture(1, 500)
    with pytest.raises(StoreError, match="2026-11-21/gate-1: File exists"):
        ImageStore(tmp_path).put(image_header(transit=transit, role=ImageRole.PLATE, data=data), data)


def test_pictures_that_cannot_be_removed_are_an_error_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "2026-11-20").write_text("a file where a day's folder belongs")
    with pytest.raises(StoreError, match="2026-11-20"):
        ImageStore(tmp_path).drop_days(date(2026, 11, 21))
