# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opens the shelf that the settings name."""

import configparser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anpr.domain.errors import SettingsError
from anpr.runtime.private_files import close_to_others
from anpr.settings import ImageSettings, Settings
from anpr.settings.secret_file import read_text_file
from anpr.store.images.files.base import Shelf
from anpr.store.images.files.local import LocalShelf


def open_shelf(settings: Settings) -> Shelf:
    """Where this centre keeps its images: images.url, or a folder in data_dir. Asks nothing of anybody yet.

    Raises SettingsError when a file that images names cannot be used, or the extra `s3` is not installed.
    """
    url = settings.images.url
    if url is None:
        return _open_local(settings.images_dir)
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return _open_s3(settings.images, parts.netloc, parts.path.strip("/"))
    return _open_local(Path(parts.path if parts.scheme == "file" else url))


def _open_local(folder: Path) -> Shelf:
    close_to_others(folder)  # an earlier version made it for all to read
    return LocalShelf(folder)


def _open_s3(settings: ImageSettings, bucket: str, prefix: str) -> Shelf:
    try:
        from anpr.store.images.files.s3 import S3Shelf  # noqa: PLC0415  most centres have no use for it
    except ModuleNotFoundError as exc:
        raise SettingsError(f"images.url: an S3-compatible store needs the extra s3 (package {exc.name})") from exc
    client: dict[str, Any] = {"allow_http": bool(settings.endpoint and settings.endpoint.startswith("http:"))}
    if settings.ca_file:
        client["root_certificate"] = _text("images.ca_file", settings.ca_file)
    config: dict[str, Any] = {"region": settings.region}
    if settings.endpoint:
        config["endpoint"] = settings.endpoint
    if settings.credentials_file:
        config |= _credentials(settings.credentials_file)
    return S3Shelf(bucket, prefix, config=config, client=client, conditional=settings.conditional)


def _credentials(path: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_text("images.credentials_file", path), path)
        section = parser["default"]
        keys = (
            "aws_access_key_id",
            "aws_secret_access_key",
            *(["aws_session_token"] * ("aws_session_token" in section)),
        )
        return {name.removeprefix("aws_"): section[name] for name in keys}
    except configparser.Error:
        raise SettingsError(f"images.credentials_file: {path}: not a credentials file") from None  # would quote a line
    except KeyError as exc:
        raise SettingsError(f"images.credentials_file: {path}: {exc.args[0]} is missing") from exc


def _text(key: str, path: str) -> str:
    try:
        return read_text_file(Path(path))
    except SettingsError as exc:
        raise SettingsError(f"{key}: {exc}") from exc
