# SPDX-License-Identifier: AGPL-3.0-or-later
"""One alarm as a card: the piece of HTML that pages list, the stream sends and a form is answered with."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console
from anpr.domain.alarm import AlarmOutcome, may_reopen
from anpr.store.alarms.views import AlarmView

MAX_NOTE = 500
"""Characters of the note with which an alarm is closed."""

FORM_VALUES: Mapping[str, Any] = {
    "outcomes": list(AlarmOutcome),
    "max_note": MAX_NOTE,
    "suppress_hours": (1, 4, 8, 24, 168),
}
"""What the forms of an alarm need besides the view."""


def alarm_card(console: Console, context: PageContext, view: AlarmView, *, fault: str = "") -> str:
    """The alarm as HTML; `fault`: why the visitor's command was not followed, as a message's key."""
    return console.templates.render("alarm_card.html", context, **card_values(console, view, fault=fault))


def card_values(console: Console, view: AlarmView, *, fault: str = "") -> dict[str, Any]:
    """What a card of this alarm needs, its forms too."""
    return {
        "view": view,
        "fault": fault,
        "call": console.alarm_calls.of(console.scope.organisation_id, view),
        "may_reopen": may_reopen(view.alarm, console.clock.now()),
        "may_suppress": view.alarm.organisation_id == console.scope.organisation_id,
        **FORM_VALUES,
    }


def transits_of(views: Iterable[AlarmView]) -> list[UUID]:
    """Ids of the transits that these cards show, each once."""
    return list(dict.fromkeys(each.sighting.transit_id for view in views for each in view.sightings))
