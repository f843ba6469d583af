"""Where a destination's files go, from the settings' `target`."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from anpr.domain.errors import ForwardError
from anpr.forward.profile.model import TransportKind
from anpr.settings import DestinationSettings

SSH_PORT = 22
MAX_FETCH_BYTES = 16 * 1024 * 1024
"""A receipt of 10 000 transits has about 0.5 MB; whatever is larger than this is none."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a destination's files go. `path` is a folder there."""

    kind: TransportKind
    path: str
    host: str = ""
    port: int = SSH_PORT
    user: str = ""


def parse_target(destination: DestinationSettings) -> Target:
    """From `directory:PATH` or `sftp://USER@HOST:PORT/PATH`; ForwardError (permanent) naming what is wrong."""
    kind, _, rest = destination.target.partition(":")
    if kind == "directory" and rest:
        return Target(kind="directory", path=rest)
    if kind == "sftp":
        return _parse_sftp(destination)
    raise _wrong(destination, "expected directory:PATH or sftp://USER@HOST:PORT/PATH")


def _parse_sftp(destination: DestinationSettings) -> Target:
    try:
        parts = urlsplit(destination.target)
        port = parts.port or SSH_PORT
    except ValueError as exc:
        raise _wrong(destination, str(exc)) from exc
    if parts.password:
        raise _wrong(destination, "a password in the target would be shown; put it into secret_file")
    if not parts.hostname or not parts.username or parts.query or parts.fragment:
        raise _wrong(destination, "expected sftp://USER@HOST:PORT/PATH")
    path = unquote(parts.path) or "."
    return Target(kind="sftp", path=path, host=parts.hostname, port=port, user=unquote(parts.username))


def _wrong(destination: DestinationSettings, detail: str) -> ForwardError:
    return ForwardError(f"forwarding.{destination.id}.target: {detail}", permanent=True)
