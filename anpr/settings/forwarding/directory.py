# SPDX-License-Identifier: AGPL-3.0-or-later
"""Target settings of the transport `directory`."""

from typing import Annotated, Literal

from pydantic import Field

from anpr.settings.forwarding.base import TargetSettings


class DirectoryTarget(TargetSettings):
    """A folder of this machine, or one mounted on it."""

    kind: Literal["directory"]
    path: Annotated[str, Field(min_length=1)]
    """The folder; made when it is missing."""
    group: Annotated[str, Field(min_length=1)] | None = None
    """Group of this machine whose members may read the folder and its files, such as the one of the program that
    fetches them. None: only the user of the forwarder."""

    @property
    def address(self) -> str:
        return f"directory:{self.path}"

    @property
    def leaves_machine(self) -> bool:
        """Nobody can tell here who fetches from it, or where it is mounted from: a folder is a trial."""
        return False
