# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of watchlists: the folders from which their files are imported."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from anpr.settings.base import Identifier, Section
from anpr.settings.forwarding.ftps import FtpsTarget
from anpr.settings.forwarding.sftp import SftpTarget
from anpr.settings.list_places import HttpsPlace, ReceivedSettings, SoapPlace

_WEB_EVERY_S = 3600.0


class PickupSettings(Section):
    """A folder in which files of a list arrive, by SFTP or from a share; `anpr watchlist pickup` imports them."""

    folder: Path
    """Its folders `done` and `failed` take the files afterwards. Names that begin with a dot or end with .part, .tmp or
    .filepart are still being written."""
    sftp: SftpTarget | None = None
    """A place on an SSH server whose new files are fetched into the folder first, each once. It has the keys of a
    `target` of forwarding; nothing is changed there."""
    ftps: FtpsTarget | None = None
    """Instead of `sftp`: a folder of an FTP server, within TLS."""
    https: HttpsPlace | None = None
    """Instead of `sftp`: a web service that is asked for the list by GET."""
    soap: SoapPlace | None = None
    """Instead of `sftp`: a web service that is asked for the list by SOAP."""
    every_s: Annotated[float, Field(ge=1, le=604_800)] | None = None
    """Seconds between two fetches from this place; None: an hour of a web service, else pickup_every_s. After a
    failure it is tried again within five minutes. A button of the console, and `anpr watchlist fetch`, fetch at
    once."""
    received: ReceivedSettings | None = None
    """For a list that a centre hands out. Its files are whole lists, or what the profile's `delivery` says; `mode`
    says nothing then."""
    watchlist: Identifier
    """Id of the list that they are put on."""
    mode: Literal["add", "replace"] = "add"
    """replace: the newest file is the whole list."""
    source: Annotated[str, Field(max_length=64)] = ""
    """Name of the source whose columns are remembered, see `anpr watchlist import --source`."""
    profile: str = ""
    """Profile of a file of fixed width or XML: a name of config/lists/, or a path. Without it the file is a table."""
    skip_rejected: bool = False
    """Import the good rows of a file when others are wrong; else none is."""

    @model_validator(mode="after")
    def _one_place(self) -> "PickupSettings":
        if sum(place is not None for place in (self.sftp, self.ftps, self.https, self.soap)) > 1:
            raise ValueError("one place: sftp, ftps, https or soap")
        if self.received is not None and self.mode != "add":
            raise ValueError("mode goes without received: what its files are, their profile says")
        return self

    @property
    def has_own_pace(self) -> bool:
        """Whether it is fetched from less often than folders are looked through."""
        return self.every_s is not None or self.https is not None or self.soap is not None

    @property
    def place(self) -> str:
        """Where its files come from, without secrets."""
        service = self.https or self.soap
        if service is not None:
            return ("soap+" if self.soap else "") + service.address
        server = self.sftp or self.ftps
        return server.address if server else f"directory:{self.folder}"


class WatchlistSettings(Section):
    """Where files of lists come from."""

    pickup: tuple[PickupSettings, ...] = ()
    """Folders that `anpr watchlist pickup` looks through."""
    profiles: tuple[str, ...] = ()
    """Profiles of files of fixed width and XML that the console offers: names of config/lists/, or paths."""
    pickup_every_s: Annotated[float, Field(ge=1, le=86_400)] = 30.0
    """Seconds between two looks."""
    pickup_settle_s: Annotated[float, Field(ge=1, le=3_600)] = 10.0
    """Seconds for which a file must not have changed before it is read."""
    pickup_keep_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days that files stay in `done` and `failed`."""

    @model_validator(mode="after")
    def _folders_are_unique(self) -> "WatchlistSettings":
        _refuse_twice(str(each.folder) for each in self.pickup)
        received = {each.watchlist for each in self.pickup if each.received}
        _refuse_twice(each.watchlist for each in self.pickup if each.watchlist in received)
        return self

    def interval_of(self, pickup: PickupSettings) -> float:
        """Seconds between two fetches from its place."""
        return pickup.every_s or (_WEB_EVERY_S if pickup.has_own_pace else self.pickup_every_s)


def _refuse_twice(names: Iterable[str]) -> None:
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        raise ValueError(f"pickup: {twice[0]} stands there twice")
