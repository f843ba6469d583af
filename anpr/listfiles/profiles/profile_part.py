# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parts that the sections of a list profile share: places in lines and in XML documents."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_WIDTH = 32_767
"""Characters of a line."""
STEP = r"[A-Za-z_][\w.-]*"
"""An element's name in a path, as a regular expression."""
Start = Annotated[int, Field(ge=1, le=MOST_WIDTH)]
XmlPath = Annotated[str, Field(pattern=rf"^({STEP}/)*(@?{STEP})$", max_length=500)]


class ProfilePart(BaseModel):
    """A section of a profile: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OnlyLines(ProfilePart):
    """Which lines are meant: those that have `value` at `start` (from 1)."""

    start: Start
    length: Start
    value: str

    def has(self, line: str) -> bool:
        """Whether this is one."""
        return line[self.start - 1 : self.start - 1 + self.length].strip() == self.value.strip()
