# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is told of alarms, by which rules: the overview, with findings and how the channels do."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.notifications import areas, ledger, recipients, rules
from anpr.console.state import ConsoleDep
from anpr.domain.access import Permission, Role
from anpr.domain.notification import NotificationState
from anpr.domain.notification_finding import Surroundings, findings
from anpr.store.gate_areas import list_areas
from anpr.store.gates import gate_names
from anpr.store.notifications.channel_health import channel_health
from anpr.store.notifications.ledger import tally
from anpr.store.notifications.recipients import list_recipients
from anpr.store.notifications.rules import list_rules
from anpr.store.users.accounts import list_users
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/notifications")
_WAITING = (NotificationState.QUEUED, NotificationState.FAILED)
SILENT_AFTER = timedelta(minutes=2)
"""The notifier gives a sign of life every 15 s."""


@router.get("")
def show(
    console: ConsoleDep, context: ContextDep, done: Annotated[str, Query(pattern=r"^[a-z-]{0,30}$")] = ""
) -> Response:
    """All of the visitor's organisation."""
    now = console.clock.now()
    with console.database.transaction() as conn:
        stored, people, health = list_rules(conn), list_recipients(conn), channel_health(conn)
        patrols = {user.name for user in list_users(conn) if user.role is Role.PATROL and not user.disabled}
        gates, watchlists, counts = gate_names(conn), watchlist_names(conn), tally(conn)
        named = list_areas(conn)
    around = Surroundings(
        recipients=people,
        watchlists=watchlists,
        gates=gates,
        channels={each.channel for each in health if each.is_set_up} if health else None,
        patrols=patrols,
    )
    newest = max((each.told_at for each in health), default=None)
    return console.templates.response(
        "notifications/notifications.html",
        context,
        done=done,
        rules=[each.rule for each in stored],
        recipients=people,
        findings=findings([each.rule for each in stored], around),
        health=health,
        is_silent=newest is None or now - newest > SILENT_AFTER,
        told_at=newest,
        gates=gates,
        areas=named,
        watchlists=watchlists,
        waiting=sum(
            each.count for each in counts if each.state in (NotificationState.QUEUED, NotificationState.FAILED)
        ),
        dead=sum(each.count for each in counts if each.state is NotificationState.DEAD),
    )


router.include_router(rules.router)
router.include_router(areas.router)
router.include_router(recipients.router)
router.include_router(ledger.router)

PAGE = Page(name="notifications", router=router, permissions=(Permission.MANAGE_NOTIFICATIONS,))
