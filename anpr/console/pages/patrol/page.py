# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patrol page: live alarms of an area on a phone, answers that wait for the link, notices on the phone.

The page is an installable application whose service worker keeps its shell, and no data (static/patrol/).
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.alarm_card import MAX_NOTE, transits_of
from anpr.console.headers import content_policy, device_policy
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.patrol import answers, application, devices, images, position, stream
from anpr.console.pages.patrol.area import MOST, Card, cards, is_for, live_views, person_of
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.url_base64 import to_url_base64
from anpr.runtime.clock import new_id
from anpr.store.patrol.answers import ANSWERS_KEPT
from anpr.store.patrol.devices import devices_of, site_key

router = APIRouter(prefix="/patrol")

MOST_KNOWN = 100
_QUEUE = b"anpr-patrol-queue"
_OWNER = b"anpr-patrol-owner"


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """The page. What a phone keeps it keeps under a key that comes with the page and is never stored on the phone."""
    person = person_of(console, visitor)
    shown, more = _shown(console, visitor)
    with console.database.transaction() as conn:
        own, key = devices_of(conn, visitor.user.name), site_key(conn)
    sessions, user = console.sessions, visitor.user.name
    answer = console.templates.response(
        "patrol/patrol.html",
        context,
        cards=shown,
        more=more,
        devices=own,
        person=person,
        new_key=lambda: new_id(console.clock.now()),
        max_note=MAX_NOTE,
        has_position=console.settings.patrol.position,
        phone={
            "owner": to_url_base64(sessions.key_of(user, _OWNER)[:12]),
            "queue_key": to_url_base64(sessions.key_of(user, _QUEUE)),
            "site_key": key,
            "drop_after_s": int(ANSWERS_KEPT.total_seconds()),
            "shares": console.settings.patrol.position and person.shares,
        },
    )
    answer.headers["Content-Security-Policy"] = content_policy("manifest-src 'self'", "worker-src 'self'")
    answer.headers["Permissions-Policy"] = device_policy(may_locate=console.settings.patrol.position)
    return answer


@router.get("/cards")
def show_cards(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    known: Annotated[str, Query(max_length=MOST_KNOWN * 20, pattern=r"^([0-9]{1,18},?)*$")] = "",
) -> Response:
    """The cards as they are now, and those of `known` alarms (ids) that are closed meanwhile."""
    shown, more = _shown(console, visitor)
    ids = {card.view.alarm.id for card in shown}
    asked = [int(number) for number in known.split(",") if number][:MOST_KNOWN]
    person = person_of(console, visitor)
    others = [view for view in console.alarms.some(set(asked) - ids) if is_for(visitor, person, view)]
    return console.templates.response(
        "patrol/cards.html",
        context,
        cards=[*shown, *cards(console, visitor, others)],
        more=more,
        max_note=MAX_NOTE,
        new_key=lambda: new_id(console.clock.now()),
    )


def _shown(console: Console, visitor: Visitor) -> tuple[list[Card], bool]:
    """The cards, and whether there are more alarms than fit; what is shown is in the audit."""
    views = live_views(console, visitor, person_of(console, visitor))
    record_shown(console, visitor, "patrol", transits_of(views[:MOST]))
    return cards(console, visitor, views[:MOST]), len(views) > MOST


for each in (answers, application, devices, images, position, stream):
    router.include_router(each.router)

PAGE = Page(name="patrol", router=router, permissions=(Permission.PATROL,))
