# SPDX-License-Identifier: AGPL-3.0-or-later
"""One-time download: the address opens a page, whose button uses the link up. Open to whoever has the link.

A page comes first, because mail scanners and messengers open links by themselves. The address is a capability: 256
random bits, of which the database keeps a hash; it names neither plate nor investigation.
"""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.cookies import VISIT_COOKIE, read_cookie, set_cookie
from anpr.console.evidence_download import package_response
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ItselfDep
from anpr.domain.access import Permission, may
from anpr.domain.errors import InputError
from anpr.domain.investigation import Investigation
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.investigations.life import get_investigation, tell
from anpr.store.investigations.packages import EvidencePackage, package_of_link, use_link
from anpr.store.users.accounts import User, get_user

router = APIRouter(prefix="/evidence")
Token = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{43}$")]
UNKNOWN = "unknown"
"""Who uses a link: nobody whom the system knows."""


@router.get("/{token}")
def show(request: Request, console: ItselfDep, context: ContextDep, token: Token) -> Response:
    """What can be downloaded, and the button; or that the link is used up. 404 for any other text."""
    package, acting, _ = _found(console, token)
    is_good = package.has_link(console.clock.now()) and acting.evidence.is_there(package)
    visit = read_cookie(request, VISIT_COOKIE) or secrets.token_urlsafe(16)
    if context.user is None:
        context = replace(context, form_token=console.sessions.form_token(visit))
    address = f"/{token}"
    context = replace(context, path=address, address=address)
    answer = console.templates.response(
        "evidence_link/evidence_link.html",
        context,
        status=200 if is_good else 410,
        package=package,
        is_good=is_good,
        token=token,
    )
    if context.user is None:
        set_cookie(request, answer, VISIT_COOKIE, visit, None)
    return answer


@router.post("/{token}")
def deliver(request: Request, console: ItselfDep, context: ContextDep, token: Token) -> Response:
    """The file, once; 410 afterwards, too late, or after the link was ended. Both are in the audit."""
    package, acting, investigation = _found(console, token)
    at, is_there = console.clock.now(), acting.evidence.is_there(package)
    by = Author(name=UNKNOWN, at=at)
    told: dict[str, Any] = {"package": package.id, "address": _address(request)}
    with acting.database.transaction() as conn:
        is_good = is_there and use_link(conn, package, at)
        if is_good:
            told |= {"sha256": package.sha256, "way": "link"}
            tell(conn, AuditAction.EVIDENCE_DELIVERED, investigation, by, **told)
        else:
            tell(conn, AuditAction.EVIDENCE_REFUSED, investigation, by, **told, refused=_why(package))
    if not is_good:
        return console.templates.response(
            "evidence_link/evidence_link.html", context, status=410, package=package, is_good=False, token=token
        )
    return package_response(acting, package, f"fascicolo-{package.id}.zip")


def _found(console: Console, token: str) -> tuple[EvidencePackage, Console, Investigation]:
    """The package, and the console acting for whoever made the link: once they see the investigation no more, or may
    not come in themselves, nobody gets anything by it. Raises HTTPException (404)."""
    with console.database.transaction() as conn:
        package = package_of_link(conn, token)
        maker = get_user(conn, package.link_by) if package and package.link_by else None
    if package is None or maker is None or not _may_still(maker, console.clock.now()):
        raise HTTPException(404)
    acting = console.acting_for(maker)
    try:
        with acting.database.transaction() as conn:
            return package, acting, get_investigation(conn, package.investigation_id)
    except InputError:
        raise HTTPException(404) from None


def _may_still(maker: User, now: datetime) -> bool:
    return not maker.is_shut_out(now) and may(maker.role, Permission.INVESTIGATE)


def _why(package: EvidencePackage) -> str:
    return "used" if package.link_used_at is not None else "over"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


PAGE = Page(name="evidence_link", router=router, permissions=(), is_in_menu=False)
