# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures in their folder."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest

from anpr.contract.image import ImageHeader, image_header
from anpr.domain.errors import ImageAlteredError, ImageTakenError, StoreError
from anpr.domain.transit import ImageRole, Transit
from anpr.store.images.image_store import ImageStore, image_key, named_key
from scripts.lab.transits import make_transit, picture, with_images

ID = UUID("019aa5a0-0000-7000-8000-000000000001")
LATE = datetime(2026, 11, 22, 0, 30, tzinfo=timezone(timedelta(hours=1)))


def named(number: int) -> tuple[Transit, bytes, ImageHeader]:
    """A transit that names a picture, the picture, and its header."""
    data = picture(number, 500)
    transit, _ = with_images(make_transit(1), {ImageRole.PLATE: data})
    return transit, data, image_header(transit=transit, role=ImageRole.PLATE, data=data)


def test_a_picture_is_found_by_what_its_transit_knows(tmp_path: Path) -> None:
    images, (transit, data, header) = ImageStore(tmp_path), named(1)
    key = images.put(header, data)
    assert (
        key == f"2026-11-21/gate-1/{transit.id}-plate-{header.sha256[:32]}.jpg" == named_key(transit, ImageRole.PLATE)
    )
    assert (tmp_path / key).read_bytes() == data
    assert images.find(transit, ImageRole.PLATE) == data
    assert images.find(transit, ImageRole.CONTEXT) is None


def test_putting_it_again_changes_nothing_and_leaves_no_parts(tmp_path: Path) -> None:
    images, (_, data, header) = ImageStore(tmp_path), named(1)
    key = images.put(header, data)
    assert images.put(header, data) == key
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()] == [key]


@pytest.mark.parametrize("is_first", [True, False])
def test_another_picture_takes_no_place_whichever_comes_first(tmp_path: Path, is_first: bool) -> None:
    images, (transit, data, header) = ImageStore(tmp_path), named(1)
    other = picture(2, 500)
    batch = [(header, data), (image_header(transit=transit, role=ImageRole.PLATE, data=other), other)]
    assert images.put_all(batch if is_first else batch[::-1]) == [None, None]
    assert images.find(transit, ImageRole.PLATE) == data


def test_what_is_not_what_the_transit_names_is_given_to_nobody(tmp_path: Path) -> None:
    images, (transit, data, header) = ImageStore(tmp_path), named(1)
    (tmp_path / images.put(header, data)).write_bytes(data[:-1])
    with pytest.raises(ImageAlteredError, match=f"{transit.id}-plate.*not the one that its transit names"):
        images.find(transit, ImageRole.PLATE)
    with pytest.raises(ImageTakenError, match=str(transit.id)):
        images.put(header, data)


def test_a_picture_stored_before_keys_had_a_digest_is_held_against_it_too(tmp_path: Path) -> None:
    images, (transit, data, _) = ImageStore(tmp_path), named(1)
    old = image_key(transit.id, transit.captured_at, transit.gate_id, ImageRole.PLATE, None)
    images.shelf.put_all({old: data})
    assert images.find(transit, ImageRole.PLATE) == data
    (tmp_path / old).write_bytes(picture(2, 500))
    with pytest.raises(ImageAlteredError, match="not the one that its transit names"):
        images.find(transit, ImageRole.PLATE)


def test_the_day_is_the_utc_day() -> None:
    assert image_key(ID, LATE, "gate-1", ImageRole.PLATE, None).startswith("2026-11-21/")


@pytest.mark.parametrize("gate_id", ["..", ".", "../../etc", "/etc", "a/b", "..\\x", "%2e%2e", "a\0b"])
def test_a_hostile_gate_id_stays_one_folder_below_its_day(tmp_path: Path, gate_id: str) -> None:
    images = ImageStore(tmp_path)
    path = tmp_path / image_key(ID, LATE, gate_id, ImageRole.PLATE, "ab" * 32)
    assert path.parent.parent == tmp_path / "2026-11-21"
    assert path.parent.name not in (".", "..")
    assert images.shelf.read(str(path.relative_to(tmp_path))) is None


def test_two_gate_ids_never_share_a_folder() -> None:
    ids = ["..", "%2E%2E", ".", "a/b", "a%2Fb", "a b"]
    assert len({image_key(ID, LATE, i, ImageRole.PLATE, None) for i in ids}) == len(ids)


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
