# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of a destination of alarms: the owner of lists who wants to know when one of their vehicles passes."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from anpr.settings.base import Day, Identifier, Section
from anpr.settings.forwarding.destination import DespiteStage, DestinationSettings
from anpr.settings.forwarding.flat_form import with_target
from anpr.settings.forwarding.targets import Target

Basis = Annotated[str, Field(min_length=1, pattern=r"\S")]


class AlarmDestinationSettings(Section):
    """Another centre that is told of alarms on its lists, and of their outcome."""

    id: Identifier
    """Unique, among those of `forwarding` too."""
    profile: str
    """Name of a profile in config/forwarding/, or the path of one; its fields may have the sources `alarm.…`."""
    target: Target
    """Where the messages go: the transport, and with it the keys below."""
    lists: tuple[Identifier, ...] = ()
    """Ids of the lists whose alarms are told. A local one needs a basis, see local_lists."""
    kinds: tuple[Literal["stolen", "judicial", "uninspected"], ...] = ()
    """All lists of these kinds. Never local ones."""
    local_lists: dict[Identifier, Basis] = Field(default_factory=dict)
    """Local lists whose alarms leave all the same: the act or agreement that allows it, by the list's id."""
    give_up_after_h: Annotated[float, Field(gt=0, le=168)] = 24.0
    """Hours after which a message that cannot be sent is given up."""
    most_per_minute: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """Files, requests or mails that are sent to it in a minute at most. None: as fast as it takes them."""
    organisation: Identifier = "manager"
    """Whose lists they are, and for whom it is told: of transits at its own gates, and at those that an agreement opens
    to it for forwarding."""
    protocol: str
    """The recorded agreement that allows it; nothing is told without one."""
    protocol_until: Day
    """Last day of the agreement."""
    despite_stage: DespiteStage | None = None
    """As of a destination of `forwarding`."""

    @model_validator(mode="before")
    @classmethod
    def _read_flat_form(cls, values: Any) -> Any:
        return with_target(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _names_lists(self) -> Self:
        if not (self.lists or self.kinds or self.local_lists):
            raise ValueError("needs lists, kinds or local_lists: alarms of no list leave by themselves")
        return self

    @property
    def destination(self) -> DestinationSettings:
        """The same as one that files are sent to."""
        return DestinationSettings(
            id=self.id,
            profile=self.profile,
            target=self.target,
            most_per_minute=self.most_per_minute,
            organisation=self.organisation,
            protocol=self.protocol,
            protocol_until=self.protocol_until,
            despite_stage=self.despite_stage,
        )
