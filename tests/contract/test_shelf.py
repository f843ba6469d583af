# SPDX-License-Identifier: AGPL-3.0-or-later
"""One suite over both shelves: the disk, and a real S3-compatible server over HTTP."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from anpr.contract.image import image_header
from anpr.domain.errors import SettingsError, StoreError
from anpr.domain.transit import ImageRole
from anpr.settings import Settings
from anpr.store.images.files import LocalShelf, Shelf, open_shelf
from anpr.store.images.image_store import ImageStore
from scripts.lab.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from scripts.lab.transits import make_transit, picture, with_images

DAY = date(2026, 11, 21)
KEY = "2026-11-21/gate-1/a-plate.jpg"
ODD_KEY = "2026-11-21/%2E%2E%2Fa%20b/a-plate.jpg"

Open = Callable[[], Shelf]


def s3_settings(server: S3Server, tmp_path: Path, **changes: object) -> Settings:
    """Of a bucket of this test's own."""
    bucket = f"b{uuid.uuid4().hex}"
    server.make_bucket(bucket)
    credentials = tmp_path / "credentials"
    credentials.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
    values = {"url": f"s3://{bucket}/site/pictures", "endpoint": server.endpoint, "credentials_file": str(credentials)}
    return Settings(data_dir=tmp_path, images={**values, **changes})  # type: ignore[arg-type]  # pydantic makes it one


@pytest.fixture(params=["disk", "s3"])
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same shelf each time, as another process would."""
    if request.param == "disk":
        return lambda: open_shelf(Settings(data_dir=tmp_path))
    settings = s3_settings(request.getfixturevalue("s3_server"), tmp_path)
    return lambda: open_shelf(settings)


@pytest.fixture
def shelf(open_again: Open) -> Shelf:
    return open_again()


def test_what_was_put_is_read_by_another_process(shelf: Shelf, open_again: Open) -> None:
    assert shelf.put_all({KEY: b"one", ODD_KEY: b"two"}) == set()
    assert (open_again().read(KEY), open_again().read(ODD_KEY)) == (b"one", b"two")
    assert shelf.read("2026-11-21/gate-1/b-plate.jpg") is None
    assert shelf.put_all({}) == set()


def test_the_same_again_changes_nothing_and_another_one_is_refused(shelf: Shelf) -> None:
    shelf.put_all({KEY: b"one"})
    assert shelf.put_all({KEY: b"one"}) == set()
    assert shelf.put_all({KEY: b"two", ODD_KEY: b"new"}) == {KEY}
    assert (shelf.read(KEY), shelf.read(ODD_KEY)) == (b"one", b"new")


def test_many_writers_of_the_same_pictures_leave_each_once_and_whole(shelf: Shelf, open_again: Open) -> None:
    files = {f"2026-11-21/gate-{n % 3}/{n}-plate.jpg": bytes([n]) * 5_000 for n in range(30)}
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda each: each.put_all(files), [shelf, open_again(), open_again()])) == [set()] * 3
    found = [stored for gate in shelf.gates(DAY) for stored in shelf.files(DAY, gate)]
    assert sorted(stored.key for stored in found) == sorted(files)
    assert all(shelf.read(key) == data for key, data in files.items())


def test_of_two_who_write_another_picture_under_one_name_one_is_refused(shelf: Shelf, open_again: Open) -> None:
    names = [f"2026-11-21/gate-1/{n}-plate.jpg" for n in range(60)]
    writers = {b"one": shelf, b"two": open_again()}
    with ThreadPoolExecutor(2) as pool:
        refused = list(pool.map(lambda each: each[1].put_all(dict.fromkeys(names, each[0])), writers.items()))
    assert refused[0] | refused[1] == set(names)
    assert not refused[0] & refused[1]
    for data, taken in zip(writers, refused, strict=True):
        assert all((shelf.read(name) == data) is (name not in taken) for name in names)


def test_what_lies_there_is_listed_by_day_and_gate(shelf: Shelf) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    shelf.put_all({KEY: b"one", ODD_KEY: b"four", "2026-11-20/gate-1/x-plate.jpg": b"x"})
    assert shelf.days() == [date(2026, 11, 20), DAY]
    assert shelf.gates(DAY) == ["%2E%2E%2Fa%20b", "gate-1"]
    (stored,) = shelf.files(DAY, "%2E%2E%2Fa%20b")
    assert (stored.key, stored.size) == (ODD_KEY, 4)
    assert before <= stored.modified <= datetime.now(UTC) + timedelta(seconds=2)
    assert list(shelf.files(DAY, "gate-9")) == []
    assert shelf.gates(date(2026, 1, 1)) == []


def test_a_removed_file_is_gone_and_removing_it_again_is_nothing(shelf: Shelf) -> None:
    shelf.put_all({KEY: b"one", ODD_KEY: b"two"})
    shelf.remove(KEY)
    shelf.remove(KEY)
    assert (shelf.read(KEY), shelf.read(ODD_KEY)) == (None, b"two")


def test_a_dropped_day_takes_nothing_else_along(shelf: Shelf) -> None:
    days = [DAY - timedelta(days=n) for n in range(3)]
    shelf.put_all({f"{day}/gate-{n}/x-plate.jpg": b"x" for day in days for n in range(3)})
    shelf.put_all({"2026-11-2/gate/x.jpg": b"not ours", "lost+found/x/y": b"not ours"})
    assert ImageStore(shelf).drop_days(DAY) == sorted(days[1:])
    assert shelf.days() == [DAY]
    assert shelf.gates(DAY) == ["gate-0", "gate-1", "gate-2"]
    assert (shelf.read("2026-11-2/gate/x.jpg"), shelf.read("lost+found/x/y")) == (b"not ours", b"not ours")


def test_the_picture_of_a_transit_is_stored_once_and_found(shelf: Shelf) -> None:
    images, data, other = ImageStore(shelf), picture(1, 40_000), picture(2, 500)
    transit, _ = with_images(make_transit(1), {ImageRole.PLATE: data})
    first, second = (image_header(transit=transit, role=ImageRole.PLATE, data=each) for each in (data, other))
    images.put(second, other)
    assert images.put(first, data) == images.put(first, data)
    assert images.find(transit, ImageRole.PLATE) == data


def test_of_two_s3_writers_at_the_same_moment_the_first_one_wins(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before either wrote: only the server's own condition can tell them apart."""
    settings = s3_settings(s3_server, tmp_path)
    slow, quick = open_shelf(settings), open_shelf(settings)
    read = slow._read  # type: ignore[attr-defined]  # the moment between asking and writing

    def look_then_lose(key: str) -> bytes | None:
        found: bytes | None = read(key)
        if found is None:
            quick.put_all({key: b"quick"})
        return found

    monkeypatch.setattr(slow, "_read", look_then_lose)
    assert slow.put_all({KEY: b"slow"}) == {KEY}
    assert quick.read(KEY) == b"quick"


def test_a_bucket_that_is_missing_is_no_missing_picture(s3_server: S3Server, tmp_path: Path) -> None:
    shelf = open_shelf(s3_settings(s3_server, tmp_path, url="s3://nowhere/x"))
    for use in (lambda: shelf.read(KEY), lambda: shelf.put_all({KEY: b"one"}), shelf.days):
        with pytest.raises(StoreError, match="nowhere"):
            use()


def test_wrong_keys_and_a_dead_server_are_errors_of_one_line(s3_server: S3Server, tmp_path: Path) -> None:
    settings = s3_settings(s3_server, tmp_path)
    path = tmp_path / "wrong"
    path.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = wrong\n")
    for changes in ({"credentials_file": str(path)}, {"endpoint": "http://127.0.0.1:1"}):
        broken = open_shelf(settings.model_copy(update={"images": settings.images.model_copy(update=changes)}))
        with pytest.raises(StoreError, match=r"image 2026-11-21/gate-1/a-plate\.jpg in bucket") as caught:
            broken.read(KEY)
        assert "\n" not in str(caught.value)
        assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "images.credentials_file: .*credentials: No such file"),
        ("[default]\naws_access_key_id = x\n", "aws_secret_access_key is missing"),
        ("[other]\n", "default is missing"),
        ("secret words\n", "not a credentials file"),
    ],
)
def test_a_wrong_credentials_file_is_named_and_not_quoted(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "credentials"
    if text is not None:
        path.write_text(text)
    settings = Settings(images={"url": "s3://b", "credentials_file": str(path)})  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=message) as caught:
        open_shelf(settings)
    assert "secret words" not in str(caught.value)


def test_a_folder_may_be_named_as_a_path_or_a_url(tmp_path: Path) -> None:
    for url in (str(tmp_path), f"file://{tmp_path}"):
        shelf = open_shelf(Settings(images={"url": url}))  # type: ignore[arg-type]
        assert isinstance(shelf, LocalShelf)
        shelf.put_all({KEY: b"one"})
        assert (tmp_path / KEY).read_bytes() == b"one"


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "s3://key:secret@bucket/x", "s3://bucket?x=y"])
def test_another_kind_of_place_and_keys_in_a_url_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Settings(images={"url": url})  # type: ignore[arg-type]


def test_a_large_file_beside_the_days_is_put_read_in_pieces_and_removed(
    shelf: Shelf, open_again: Open, tmp_path: Path
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 20_000)
    shelf.put_file("evidence/a.zip", path)
    assert open_again().size("evidence/a.zip") == 5_120_000
    assert b"".join(open_again().chunks("evidence/a.zip")) == path.read_bytes()
    path.write_bytes(b"another")
    shelf.put_file("evidence/a.zip", path)
    (stored,) = open_again().listed("evidence")
    assert (stored.key, stored.size, shelf.days()) == ("evidence/a.zip", 7, [])
    shelf.remove("evidence/a.zip")
    assert (shelf.size("evidence/a.zip"), list(shelf.listed("evidence"))) == (None, [])
