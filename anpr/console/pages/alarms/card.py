# SPDX-License-Identifier: AGPL-3.0-or-later
"""One alarm as a card: the piece of HTML that the page lists, the stream sends and a form is answered with."""

from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console
from anpr.domain.alarm import AlarmOutcome
from anpr.store.alarms.views import AlarmView

MAX_NOTE = 500
"""Characters of the note with which an alarm is closed."""


def card(console: Console, context: PageContext, view: AlarmView, *, is_late: bool = False) -> str:
    """The alarm as HTML; `is_late`: the visitor tried to handle it after somebody else."""
    return console.templates.render(
        "alarms/alarm.html", context, view=view, outcomes=list(AlarmOutcome), max_note=MAX_NOTE, is_late=is_late
    )
