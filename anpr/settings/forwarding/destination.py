# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of a destination: another centre, how to reach it, when, and on which agreement."""

from datetime import time
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from anpr.settings.base import Day, Identifier, Section, TimeOfDay
from anpr.settings.forwarding.flat_form import with_target
from anpr.settings.forwarding.targets import Target


class DespiteStage(Section):
    """Why it is sent although the receiving office has not tested the profile, and for how long."""

    reason: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """In the audit of every run."""
    until: Day
    """Last day; after it nothing is sent to another machine below `tested`."""


class DestinationSettings(Section):
    """Another centre that receives transits."""

    id: Identifier
    """Unique; named in the ledger."""
    profile: str
    """Name of a profile in config/forwarding/, or the path of one."""
    target: Target
    """Where the files go: the transport, and with it the keys below."""
    at: TimeOfDay = time(2, 30)
    """When the nightly run starts, in time_zone."""
    every_s: Annotated[float, Field(gt=0)] | None = None
    """Run at this interval instead, as the demo does."""
    live: bool = False
    """Also send each transit within seconds of being stored, in small files, whatever the hour; the run at `at` sends
    what is left, such as after an outage. Not together with every_s."""
    live_wait_s: Annotated[float, Field(ge=0.2, le=4)] = 1.0
    """Of live: seconds between two looks for new transits; so long one waits for others."""
    live_batch_size: Annotated[int, Field(ge=1, le=1000)] = 100
    """Of live: transits in one file at most; the profile's `batch_size` holds besides."""
    despite_stage: DespiteStage | None = None
    """Below stage `tested` of its profile nothing is sent to another machine; this sends it all the same, for a while.
    `anpr forward run --despite-stage --reason …` does so once."""
    most_per_minute: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """Files, requests or mails that are sent to it in a minute at most, evenly spread. None: as fast as it takes
    them."""
    organisation: Identifier = "manager"
    """For whom it is forwarded (`anpr organisation list`): transits at its own gates, and at those that an agreement
    opens to it for forwarding."""
    protocol: str
    """The recorded agreement that allows it; nothing is forwarded without one."""
    protocol_until: Day
    """Last day of the agreement; nothing is forwarded after it."""

    @model_validator(mode="after")
    def _one_pace(self) -> Self:
        if self.live and self.every_s is not None:
            raise ValueError("live goes with at, not with every_s")
        return self

    @model_validator(mode="before")
    @classmethod
    def _read_flat_form(cls, values: Any) -> Any:
        return with_target(values) if isinstance(values, dict) else values
