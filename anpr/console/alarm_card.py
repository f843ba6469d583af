# SPDX-License-Identifier: AGPL-3.0-or-later
"""One alarm as a card: the piece of HTML that pages list, the stream sends and a form is answered with."""

from collections.abc import Mapping
from typing import Any

from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console
from anpr.domain.alarm import AlarmOutcome
from anpr.store.alarms.views import AlarmView

MAX_NOTE = 500
"""Characters of the note with which an alarm is closed."""

FORM_VALUES: Mapping[str, Any] = {"outcomes": list(AlarmOutcome), "max_note": MAX_NOTE}
"""What alarm_handling.html needs besides the view."""


def alarm_card(console: Console, context: PageContext, view: AlarmView, *, is_late: bool = False) -> str:
    """The alarm as HTML; `is_late`: the visitor tried to handle it after somebody else."""
    return console.templates.render("alarm_card.html", context, view=view, is_late=is_late, **FORM_VALUES)
