# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers from the street: each once for the key that the phone gave it, however often the phone sends it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from anpr.console.access import VisitorDep
from anpr.console.alarm_card import MAX_NOTE
from anpr.console.fields import Line, Lines, Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.patrol.area import view_for
from anpr.console.rendering.translations import Catalogue
from anpr.console.state import ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.patrol import AnswerResult, PatrolAction
from anpr.store.patrol.answers import Answer, Answered, take_answer

router = APIRouter()


@router.post("/answers")
def take(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    key: Annotated[UUID, Form()],
    alarm: Annotated[Whole, Form()],
    action: Annotated[PatrolAction, Form()],
    text: Annotated[Lines, Form(max_length=MAX_NOTE)] = "",
    made_at: Annotated[Line, Form(max_length=40)] = "",
    seen: Annotated[Whole, Form()] = 0,
) -> Response:
    """Do it, or tell what came of it before. JSON: `result`, and `text` for people. 400 for a note without words, 409
    where the key was another answer's. Without scripts the page follows."""
    now = console.clock.now()
    if action is PatrolAction.NOTE and not text.strip():
        raise HTTPException(400)
    answer = Answer(
        key=key,
        user=visitor.user.name,
        alarm_id=alarm,
        action=action,
        text=text.strip(),
        made_at=_moment(made_at, now),
        seen=seen,
    )
    view = view_for(console, visitor, alarm)
    try:
        with console.database.transaction() as conn:
            done = take_answer(conn, answer, now, may_answer=view is not None and view.may_handle)
    except InputError:
        return JSONResponse({"result": "taken"}, status_code=409)
    if "hx-request" not in request.headers:
        return RedirectResponse("/patrol", status_code=303)
    words = console.templates.catalogue(context.language)
    return JSONResponse({"result": done.result, "text": _told(words, done, bool(answer.text))})


def _told(words: Catalogue, done: Answered, has_text: bool) -> str:
    if done.result is AnswerResult.DONE:
        return words("patrol.answer_done")
    if done.result is AnswerResult.GONE:
        return words("patrol.answer_gone")
    if done.result is AnswerResult.SEEN_AGAIN:
        told = words("patrol.answer_seen_again")
    else:
        told = words("patrol.answer_closed", user=done.by_whom or "")
    return f"{told} {words('patrol.answer_note_kept')}" if has_text else told


def _moment(text: str, now: datetime) -> datetime:
    """When it was pressed, by the phone's clock; now where the phone does not say it, or is ahead."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return now
    return min(moment, now) if moment.tzinfo else now
