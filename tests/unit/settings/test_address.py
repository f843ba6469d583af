# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses: the part that is wrong is named, the password never."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr, ValidationError, create_model

from anpr.domain.errors import SettingsError
from anpr.settings import CameraSettings, DatabaseSettings, KafkaSettings, Settings, load_settings
from anpr.settings.address import check_address

SCHEMES = ("rtsp", "rtsps")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("rtsp://viewer:SE#GRETO@127.0.0.1:554/live", "before the @"),
        ("rtsp://viewer:SE/GRETO@127.0.0.1:554/live", "before the @"),
        ("rtsp://viewer:SE?GRETO@127.0.0.1:554/live", "before the @"),
        ("rtsp://viewer:12/GRETO@127.0.0.1:554/live", "before the @"),
        ("rtsp://viewer:SE@GRETO@127.0.0.1:554/live", "two @"),
        ("rtsp://viewer:SE%GRETO@127.0.0.1:554/live", "a %"),
        ("rtsp://viewer:SE GRETO@127.0.0.1:554/live", "a blank"),
        ("rstp://viewer:SEGRETO@127.0.0.1/live", "unknown scheme; expected rtsp://…"),
        ("viewer:SEGRETO@127.0.0.1/live", "expected rtsp://… or rtsps://…"),
        ("rtsp://viewer:SEGRETO@127.0.0.1:5544444/live", "port"),
        ("rtsp://viewer:SEGRETO@127.0.0.1:port/live", "port"),
        ("rtsp://viewer:SEGRETO@/live", "no host"),
        ("rtsp://viewer:SEGRETO@[::1/live", "host"),
        ("rtsp://viewer:SEGRETO@192.168.1.300/live", "four numbers"),
        ("rtsp://viewer:SEGRETO@192.168.1/live", "four numbers"),
        ("rtsp://viewer:SEGRETO@cam..local/live", "no name and no address"),
        ("rtsp://viewer:SEGRETO@cam!/live", "no name and no address"),
        ("rtsp://viewer:SEGRETO@h1:554,h2:0/live", "port"),
    ],
)
def test_what_is_wrong_is_named_without_the_password(address: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        check_address(address, SCHEMES)
    assert told in str(caught.value)
    assert "GRETO" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://127.0.0.1/live",
        "rtsp://viewer:p%23s%2Fs%3F%40%25@cam.local:554/live?channel=1&mail=a@b",
        "rtsp://[::1]:554/live",
        "rtsp://viewer@cam/a:b@c",
        "RTSP://cam/a%zz",
        "rtsp://10.0.0.1:554/live?mail=a@b",
        "rtsp://[::1]:554/live?mail=a@b",
        "rtsp://cam_1.local/live",
    ],
)
def test_what_is_right_passes(address: str) -> None:
    check_address(address, SCHEMES)


@pytest.mark.parametrize("url", ["127.0.0.1:554/live", "192.168.1.10", "rtsp:/cam/live", "viewer:pw@cam/live", " "])
def test_a_camera_without_a_scheme_is_no_file(url: str) -> None:
    with pytest.raises(ValidationError, match="rtsp://"):
        CameraSettings(id="c", url=SecretStr(url))


@pytest.mark.parametrize("url", ["films/a.mp4", "/srv/film.ts", "film.mp4", "folder"])
def test_a_camera_may_be_a_path(url: str) -> None:
    assert not CameraSettings(id="c", url=SecretStr(url)).is_live


@pytest.mark.parametrize(
    "url", ["postgresq://u:SEGRETO@h/x", "postgresql://u:SEG RETO@h/x", "postgresql://u:SEG%RETO@h/x",
            "postgresql://u:SEG/RETO@h:1/x", "SEGRETO"],
)  # fmt: skip
def test_a_databases_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {"DATABASE_URL": url})
    assert "RETO" not in str(caught.value)
    assert "database.url" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///x?host=/run/pg",
        "postgres://u:p%2F@h:5432/x",
        "postgresql://u:p@h1:5432,h2:5433/x",
        "postgresql://u@%2Frun%2Fpg/x",
        "host=h dbname=x",
    ],
)
def test_both_forms_of_a_databases_address_are_taken(url: str) -> None:
    assert DatabaseSettings(url=SecretStr(url)).url is not None


def test_a_file_with_a_byte_order_mark_holds_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_bytes(b"\xef\xbb\xbfpostgresql://u:segreto@h/x\r\n")
    loaded = load_settings(None, {"DATABASE_URL_FILE": str(path)}).settings
    assert loaded.database.url is not None
    assert loaded.database.url.get_secret_value() == "postgresql://u:segreto@h/x"


def test_days_and_times_of_the_settings_are_taken_as_they_are_written() -> None:
    """A plain date or time would take a number, as seconds since 1970 or of the day."""
    found = [(model, name) for model, name in _leaves(Settings) if _is_day_or_time(model, name)]
    assert len(found) >= 3
    for model, name in found:
        one = create_model("One", value=(model.model_fields[name].rebuild_annotation(), ...))
        for number in (0, "0", 1350):
            with pytest.raises(ValidationError):
                one(value=number)


def _is_day_or_time(model: type[BaseModel], name: str) -> bool:
    schema = str(model.model_json_schema()["properties"][name])
    return any(f"'format': '{kind}'" in schema for kind in ("date", "time", "date-time", "duration"))


def _leaves(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    for name, field in model.model_fields.items():
        yield model, name
        for section in _sections_in(field.annotation):
            yield from _leaves(section)


def _sections_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _sections_in(part)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (
            {"images": {"url": "s3://b", "endpoint": "https://u:SEGRETO@h:9000"}},
            "images.endpoint: expected https://HOST",
        ),
        ({"images": {"url": "s3://b", "endpoint": "https://h:9000/b"}}, "images.endpoint: expected https://HOST"),
        ({"images": {"url": "s3://u:SEGRETO@b"}}, "images.url: "),
        ({"kafka": {"bootstrap": "u:SEGRETO@h:9092"}}, "kafka.bootstrap: expected HOST:PORT"),
        ({"kafka": {"bootstrap": "SASL://u:SEGRETO@h:9092"}}, "kafka.bootstrap: expected HOST:PORT"),
    ],
)
def test_no_other_address_takes_a_login_or_shows_it(tmp_path: Path, tree: dict[str, Any], told: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert told in str(caught.value)
    assert "SEGRETO" not in str(caught.value)


@pytest.mark.parametrize("servers", ["b:1", "broker-1:9092, broker-2:9092", "[::1]:9092", "broker"])
def test_brokers_are_hosts_with_ports(servers: str) -> None:
    assert KafkaSettings(bootstrap=servers).bootstrap == servers
