# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of watchlists: the folders from which their files are imported."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from anpr.settings.base import Identifier, Section
from anpr.settings.forwarding.sftp import SftpTarget


class PickupSettings(Section):
    """A folder in which files of a list arrive, by SFTP or from a share; `anpr watchlist pickup` imports them."""

    folder: Path
    """Its folders `done` and `failed` take the files afterwards. Names that begin with a dot or end with .part, .tmp or
    .filepart are still being written."""
    sftp: SftpTarget | None = None
    """A place on an SSH server whose new files are fetched into the folder first, each once. It has the keys of a
    `target` of forwarding; nothing is changed there."""
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
        twice = [str(folder) for folder, number in Counter(each.folder for each in self.pickup).items() if number > 1]
        if twice:
            raise ValueError(f"pickup: {twice[0]} stands there twice")
        return self
