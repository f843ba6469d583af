# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recipients of notifications: a new one, its change, a test message, deleted after a question."""

from typing import Annotated

from fastapi import APIRouter, Form, Path
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, author_of
from anpr.console.field_faults import FieldFault, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.notification import ChannelKind, Recipient
from anpr.domain.notification_address import AddressError, checked_address
from anpr.store.notifications.ledger import enter_test
from anpr.store.notifications.recipients import (
    add_recipient,
    change_recipient,
    delete_recipient,
    get_recipient,
)
from anpr.store.notifications.rules import list_rules

router = APIRouter(prefix="/recipients")
Number = Annotated[int, Path(ge=1, lt=2**63)]
MOST_NAME = 100


class RecipientFields(BaseModel):
    """The form as it was sent."""

    name: str = Field(default="", max_length=2000)
    channel: str = Field(default=ChannelKind.EMAIL.value, max_length=20)
    address: str = Field(default="", max_length=4000)
    enabled: str = Field(default="", max_length=5)
    proposals: str = Field(default="", max_length=5)


@router.get("/new")
def ask_new(console: ConsoleDep, context: ContextDep) -> Response:
    """The form of a new recipient."""
    return _page(console, context, None, RecipientFields(enabled="1"))


@router.post("/new")
def make(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[RecipientFields, Form()]
) -> Response:
    """Rules may name it from now on."""
    return _save(console, visitor, context, None, fields)


@router.get("/{number}")
def ask_change(console: ConsoleDep, context: ContextDep, number: Number) -> Response:
    """The form with what is stored."""
    one = _one(console, number)
    fields = RecipientFields(
        name=one.name,
        channel=one.channel,
        address=one.address,
        enabled="1" if one.enabled else "",
        proposals="1" if one.proposals else "",
    )
    return _page(console, context, number, fields)


@router.post("/{number}")
def change(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: Number,
    fields: Annotated[RecipientFields, Form()],
) -> Response:
    """What waits for it goes to the new address."""
    _one(console, number)
    return _save(console, visitor, context, number, fields)


@router.post("/{number}/test")
def try_it(console: ConsoleDep, visitor: VisitorDep, number: Number) -> Response:
    """A test message is queued; the ledger says what came of it."""
    one = _one(console, number)
    try:
        with console.database.transaction() as conn:
            enter_test(conn, one, author_of(console, visitor))
    except InputError:
        return RedirectResponse("/notifications?done=too-many-tests", status_code=303)
    return RedirectResponse(f"/notifications/ledger?recipient={number}&done=tested", status_code=303)


@router.get("/{number}/delete")
def ask_delete(console: ConsoleDep, context: ContextDep, number: Number) -> Response:
    """Asks before it is deleted, and names the rules that tell it."""
    one = _one(console, number)
    with console.database.transaction() as conn:
        rules = [each.rule for each in list_rules(conn)]
    used_by = [rule.name for rule in rules if any(number in step.recipients for step in rule.steps)]
    return console.templates.response(
        "notifications/delete.html",
        context,
        kind="recipient",
        number=number,
        name=one.name,
        used_by=used_by,
        is_kept=False,
    )


@router.post("/{number}/delete")
def delete(console: ConsoleDep, visitor: VisitorDep, number: Number) -> Response:
    """It goes from all rules too."""
    _one(console, number)
    with console.database.transaction() as conn:
        delete_recipient(conn, number, author_of(console, visitor))
    return RedirectResponse("/notifications?done=recipient-deleted", status_code=303)


def _save(
    console: Console, visitor: Visitor, context: PageContext, number: int | None, fields: RecipientFields
) -> Response:
    recipient, faults = _checked(fields, number or 0)
    if recipient is None:
        return _page(console, context, number, fields, faults)
    by = author_of(console, visitor)
    try:
        with console.database.transaction() as conn:
            if number is None:
                add_recipient(conn, recipient, by)
            else:
                change_recipient(conn, recipient, by)
    except InputError:
        return _page(console, context, number, fields, {"address": FieldFault(key="notifications.address_taken")})
    return RedirectResponse("/notifications?done=recipient-saved", status_code=303)


def _checked(fields: RecipientFields, number: int) -> tuple[Recipient | None, dict[str, FieldFault]]:
    faults: dict[str, FieldFault] = {}
    name = " ".join(fields.name.split())
    if not name:
        faults["name"] = FieldFault(key="notifications.no_name")
    refuse_odd(faults, "name", [fields.name], MOST_NAME)
    if fields.channel not in list(ChannelKind):
        return None, {**faults, "channel": FieldFault(key="notifications.unknown_choice")}
    channel = ChannelKind(fields.channel)
    try:
        address = checked_address(channel, fields.address)
    except AddressError as exc:
        return None, {**faults, "address": FieldFault(key=f"notifications.wrong_{exc.fault}")}
    if fields.proposals and channel is ChannelKind.WEB_PUSH:
        faults["proposals"] = FieldFault(key="notifications.no_proposals_to_phones")
    if faults:
        return None, faults
    return (
        Recipient(
            id=number,
            organisation_id="",
            name=name,
            channel=channel,
            address=address,
            enabled=bool(fields.enabled),
            proposals=bool(fields.proposals),
        ),
        {},
    )


def _page(
    console: Console,
    context: PageContext,
    number: int | None,
    fields: RecipientFields,
    faults: dict[str, FieldFault] | None = None,
) -> Response:
    return console.templates.response(
        "notifications/recipient.html",
        context,
        status=400 if faults else 200,
        number=number,
        fields=fields,
        faults=faults or {},
        channels=list(ChannelKind),
    )


def _one(console: Console, number: int) -> Recipient:
    try:
        with console.database.transaction() as conn:
            return get_recipient(conn, number)
    except InputError as exc:
        raise HTTPException(404) from exc
