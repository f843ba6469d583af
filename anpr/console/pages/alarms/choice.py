# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a board shows, and how: the view is kept on the workstation, and both are in the address."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.cookies import read_cookie, set_cookie
from anpr.console.fields import Line
from anpr.domain.alarm import AlarmKind
from anpr.domain.watchlist import Priority
from anpr.store.alarms.views import AlarmFilter

VIEW_COOKIE = "anpr_board"
_A_YEAR_S = 365 * 86_400


class BoardView(StrEnum):
    """How a board shows its alarms: rows with the chosen one beside, cards, or a wall to look at from afar."""

    ROWS = "rows"
    CARDS = "cards"
    WALL = "wall"


class Whose(StrEnum):
    """Alarms of everybody, one's own, or those that nobody has taken."""

    ALL = ""
    MINE = "mine"
    NOBODYS = "free"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The filter in the address; what is empty does not narrow."""

    watchlist: str = ""
    priority: str = ""
    kind: str = ""
    gate: str = ""
    whose: str = ""
    user: str = ""
    """Who asks."""

    @property
    def filter(self) -> AlarmFilter:
        """As the store takes it."""
        return AlarmFilter(
            watchlist=self.watchlist or None,
            priority=Priority(self.priority) if self.priority else None,
            kind=AlarmKind(self.kind) if self.kind else None,
            gate=self.gate or None,
            holder=self.user if self.whose == Whose.MINE else None,
            is_untaken=self.whose == Whose.NOBODYS,
        )

    @property
    def narrows(self) -> bool:
        """Whether some alarms are left out."""
        return any(self.values.values())

    @property
    def values(self) -> dict[str, str]:
        """The names and values of the address."""
        return {
            "list": self.watchlist,
            "priority": self.priority,
            "kind": self.kind,
            "gate": self.gate,
            "whose": self.whose,
        }

    def with_priority(self, priority: str) -> str:
        """The board of one priority, else with this filter."""
        return self.address("/alarms", priority=priority)

    def address(self, path: str, **more: object) -> str:
        """The path with this filter, and whatever else."""
        chosen = {name: value for name, value in {**self.values, **more}.items() if value not in ("", None)}
        return f"{path}?{urlencode(chosen)}" if chosen else path


def asked(
    visitor: VisitorDep,
    watchlist: Annotated[Line, Query(alias="list", max_length=64)] = "",
    priority: Annotated[str, Query(pattern="^(|high|medium|low)$")] = "",
    kind: Annotated[str, Query(pattern="^(|stolen|judicial|uninspected|local)$")] = "",
    gate: Annotated[Line, Query(max_length=64)] = "",
    whose: Annotated[str, Query(pattern="^(|mine|free)$")] = "",
) -> Asked:
    """The filter in the address."""
    return Asked(watchlist=watchlist, priority=priority, kind=kind, gate=gate, whose=whose, user=visitor.user.name)


def board_view(request: Request, view: Annotated[str, Query(pattern="^(|rows|cards|wall)$")] = "") -> BoardView:
    """The view in the address, else the one that this workstation had last."""
    kept = view or read_cookie(request, VIEW_COOKIE) or ""
    return BoardView(kept) if kept in {each.value for each in BoardView} else BoardView.ROWS


def keep_view(request: Request, answer: Response, view: BoardView) -> Response:
    """The workstation has this view next time too, when its address said so. A wall is a monitor's and not kept."""
    if request.query_params.get("view") and view is not BoardView.WALL:
        set_cookie(request, answer, VIEW_COOKIE, view.value, _A_YEAR_S)
    return answer


AskedDep = Annotated[Asked, Depends(asked)]
BoardViewDep = Annotated[BoardView, Depends(board_view)]
