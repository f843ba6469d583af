# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices on a phone: its user registers it on the page that runs on it, removes it there, and tries it."""

import logging
import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, author_of
from anpr.console.fields import Line, Whole
from anpr.console.state import ConsoleDep, ItselfDep
from anpr.domain.errors import InputError
from anpr.domain.push_endpoint import push_endpoint
from anpr.domain.url_base64 import from_url_base64
from anpr.runtime.push_keys import check_keys
from anpr.store.author import Author
from anpr.store.notifications.ledger import enter_test
from anpr.store.notifications.recipients import patrol_recipient
from anpr.store.patrol.devices import NewDevice, add_device, forget_endpoint, remove_device, site_key

router = APIRouter(prefix="/devices")
log = logging.getLogger(__name__)

_BROWSERS = (("Edg", "Edge"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
             ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip


@router.post("")
def register(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    request: Request,
    console: ConsoleDep,
    itself: ItselfDep,
    visitor: VisitorDep,
    endpoint: Annotated[Line, Form(max_length=2000)],
    device_key: Annotated[Line, Form(max_length=200)],
    auth: Annotated[Line, Form(max_length=100)],
    under: Annotated[Line, Form(max_length=200)],
    stays: Annotated[bool, Form()] = False,
) -> Response:
    """The phone that sends this is told of alarms. `under`: the site's key under which its browser has subscribed;
    `stays`: beyond the end of this session. 204, 400 for an address that is no push service's, 409 where the site's
    key is another one (by now)."""
    try:
        checked = push_endpoint(endpoint, console.settings.notify.web_push.private_hosts)
        keys = from_url_base64(device_key), from_url_base64(auth)
        check_keys(*keys)
    except InputError as exc:
        log.warning("console: a phone was not registered: %s", exc)
        raise HTTPException(400) from None
    now, user = console.clock.now(), visitor.user.name
    with itself.database.transaction() as conn:  # it may have been somebody else's, also of another organisation
        forget_endpoint(conn, checked.url)
    with console.database.transaction() as conn:
        if site_key(conn) != under:
            raise HTTPException(409)
        device = NewDevice(
            user=user, name=_name(request.headers.get("user-agent", "")), endpoint=checked.url, device_key=keys[0],
            auth=keys[1], site_key=under, session=None if stays else visitor.session.key,
        )  # fmt: skip
        add_device(conn, device, now)
    try:
        with console.database.transaction() as conn:
            patrol_recipient(conn, user, Author(name=user, at=now))
    except InputError as exc:  # the phone is told by rules for every patrol all the same
        log.warning("console: %s", exc)
    return Response(status_code=204)


@router.post("/{number}/remove")
def remove(console: ConsoleDep, visitor: VisitorDep, number: Whole) -> Response:
    """It is told nothing any more. 404 when the visitor has no such phone."""
    try:
        with console.database.transaction() as conn:
            remove_device(conn, visitor.user.name, number, author_of(console, visitor))
    except InputError:
        raise HTTPException(404) from None
    return RedirectResponse("/patrol#settings", status_code=303)


@router.post("/try")
def try_(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """A test message to the visitor's phones. 409 while too many wait."""
    by = author_of(console, visitor)
    try:
        with console.database.transaction() as conn:
            enter_test(conn, patrol_recipient(conn, visitor.user.name, by), by)
    except InputError as exc:
        log.warning("console: no test message: %s", exc)
        raise HTTPException(409) from None
    return RedirectResponse("/patrol#settings", status_code=303)


def _name(agent: str) -> str:
    """Browser and system, by which people know their phones; proper names in every language."""
    browser = next((name for sign, name in _BROWSERS if re.search(rf"\b{sign}/", agent)), "Browser")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return f"{browser} · {system}" if system else browser
