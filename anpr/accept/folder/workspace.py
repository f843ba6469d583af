# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workspace: the folder of one acceptance test, its site and its sessions."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from anpr.accept.folder.files import make_folder, read_json, write_private
from anpr.accept.folder.records import SessionState, Site
from anpr.accept.folder.session import RecordedSession
from anpr.domain.errors import InputError

_SITE = "site.json"
_SESSIONS = "sessions"


class Workspace:
    """One acceptance folder."""

    def __init__(self, path: Path, site: Site) -> None:
        self.path = path
        self.site = site

    @classmethod
    def create(cls, path: Path, site: Site) -> "Workspace":
        """The folder for this site, made where it is missing.

        Raises InputError when it is one of another camera, or holds other things.
        """
        if (path / _SITE).exists():
            found = cls.open(path)
            if found.site.camera != site.camera:
                raise InputError(f"{path}: holds the test of camera {found.site.camera}, not of {site.camera}")
            if site.side not in {None, found.site.side}:
                raise InputError(f"{path}: was begun with --side {found.site.side or 'left out'}; name a new folder")
            return found
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path}: is not empty and no acceptance folder; name a new one with --into")
        make_folder(path)
        write_private(path / _SITE, site.model_dump_json(indent=1).encode())
        return cls(path, site)

    @classmethod
    def open(cls, path: Path) -> "Workspace":
        """The acceptance folder. Raises InputError when it is none."""
        if not (path / _SITE).is_file():
            raise InputError(f"{path}: no acceptance folder (no {_SITE} in it); `anpr accept record` makes one")
        return cls(path, read_json(path / _SITE, Site))

    @property
    def zone(self) -> ZoneInfo:
        """In which the count gives its times."""
        return ZoneInfo(self.site.time_zone)

    @property
    def count_path(self) -> Path:
        """The sheet in which a person counts."""
        return self.path / "conta.csv"

    @property
    def contact_path(self) -> Path:
        """The page with the images of every motion event."""
        return self.path / "foglio-conteggio.html"

    @property
    def sessions_path(self) -> Path:
        return self.path / _SESSIONS

    def sessions(self) -> Sequence[RecordedSession]:
        """All sessions, by number. Raises InputError."""
        return tuple(RecordedSession.open(path) for path in self._session_paths() if RecordedSession.is_one(path))

    def new_session(self, source: str, began: datetime, size: int = 0) -> RecordedSession:
        """A new session with the next number. Raises InputError."""
        make_folder(self.sessions_path)
        number = max((int(path.name) for path in self._session_paths()), default=0) + 1
        state = SessionState(source=source, began=began, until=began, size=size)
        return RecordedSession.create(self.sessions_path / f"{number:03d}", state)

    def _session_paths(self) -> Sequence[Path]:
        if not self.sessions_path.is_dir():
            return ()
        return sorted(path for path in self.sessions_path.iterdir() if path.name.isdecimal())
