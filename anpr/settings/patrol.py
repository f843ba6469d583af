# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of patrols: how long a phone stays logged in, and whether it may show where it is."""

from typing import Annotated

from pydantic import Field

from anpr.settings.base import Section


class PatrolSettings(Section):
    """The page for the phones of users with the role `patrol`."""

    session_hours: Annotated[float, Field(gt=0, le=24)] = 8.0
    """A patrol's session ends so long after the login, a shift, whatever happens meanwhile: it is not extended by use,
    and idling does not end it before, since the phone is in a pocket. Then the password is asked for again, and what
    the phone had not sent is sent."""
    position: bool = False
    """A patrol that switches it on itself shows its position to the operations room, which is then told who is nearest.
    Off: the page does not ask the phone for its position, and the switch is not there."""
    position_minutes: Annotated[float, Field(ge=1, le=60)] = 10.0
    """So long the last position of a patrol is kept; there is never more than the last one."""
