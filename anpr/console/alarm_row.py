# SPDX-License-Identifier: AGPL-3.0-or-later
"""One alarm as a row of the board: the same for all of an organisation, so that one rendering serves their pages."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from anpr.console.alarm_card import alarm_card
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console
from anpr.store.alarms.views import AlarmView

_REMEMBERED = 2_000
_Key = tuple[object, ...]


class _Rendered:
    """The rows that were rendered last. Fifty pages that are told of one alarm take the same row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: OrderedDict[_Key, str] = OrderedDict()

    def get(self, key: _Key, make: Callable[[], str]) -> str:
        with self._lock:
            row = self._rows.get(key)
        if row is None:
            row = make()
            with self._lock:
                self._rows[key] = row
                while len(self._rows) > _REMEMBERED:
                    self._rows.popitem(last=False)
        return row


_RENDERED = _Rendered()


def alarm_row(console: Console, context: PageContext, view: AlarmView) -> str:
    """The alarm as HTML. It has no form: who chooses it gets the detail beside the rows."""
    call = console.alarm_calls.of(console.scope.organisation_id, view)
    told = (view.alarm, view.latest, view.seen, view.lists, view.gates, call)
    # What their organisation may see of it apart, everybody sees the same.
    key = (id(console.templates), context.language, console.scope.organisation_id, *told)
    return _RENDERED.get(key, lambda: console.templates.render("alarm_row.html", context, view=view, call=call))


def alarm_in(console: Console, context: PageContext, view: AlarmView, *, as_row: bool) -> str:
    """The alarm as a page shows it: a row, or a card."""
    return alarm_row(console, context, view) if as_row else alarm_card(console, context, view)
