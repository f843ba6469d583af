# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reader of the older form of a destination, with `target` as text and the files of SFTP's login beside it."""

from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from anpr.settings.address import check_address
from anpr.settings.forwarding.directory import DirectoryTarget
from anpr.settings.forwarding.sftp import SftpTarget

EXPECTED = "expected keys with a kind, or directory:PATH, or sftp://USER@HOST:PORT/PATH"
_FILES = ("secret_file", "key_file", "known_hosts_file")


def with_target(values: dict[str, Any]) -> dict[str, Any]:
    """The destination with its target as a value of its own, when it is written in the older form.

    Raises ValidationError; it names the keys where that form has them, and never shows a password.
    """
    text = values.get("target")
    if not isinstance(text, str):
        return values
    rest = {name: value for name, value in values.items() if name not in _FILES}
    kind, _, path = text.partition(":")
    if kind == "directory" and path:
        return {**rest, "target": DirectoryTarget(kind="directory", path=path)}
    if kind != "sftp":
        raise _wrong(EXPECTED)
    files = {name: values[name] for name in _FILES if values.get(name) is not None}
    return {**rest, "target": SftpTarget.model_validate({**_parse_sftp(text), **files})}


def _parse_sftp(text: str) -> dict[str, Any]:
    try:
        parts = check_address(text, ("sftp",))
    except ValueError as exc:
        raise _wrong(str(exc)) from None  # nothing of the text, which may hold a password
    port = parts.port
    if parts.password is not None:
        raise _wrong("a password in the target would be shown; put it into secret_file")
    if not parts.hostname or not parts.username or parts.query or parts.fragment:
        raise _wrong(EXPECTED)
    login = {"kind": "sftp", "host": parts.hostname, "user": unquote(parts.username)}
    return {**login, "port": port or 22, "path": unquote(parts.path) or "."}


def _wrong(message: str) -> ValidationError:
    kind = PydanticCustomError("target", "{message}", {"message": message})
    details = InitErrorDetails(type=kind, loc=("target",), input=None)
    return ValidationError.from_exception_data("DestinationSettings", [details], hide_input=True)
