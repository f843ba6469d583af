# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents: what each is for, of which moment it tells, to read here or as a PDF; and what is about to end."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.fields import Line
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.documents import ending, one
from anpr.console.pages.documents.collected import choices, told_of
from anpr.console.state import ConsoleDep
from anpr.documents.write import DOCUMENTS
from anpr.domain.access import Permission

router = APIRouter(prefix="/documents")


@router.get("")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    organisation: Annotated[Line, Query(max_length=63)] = "",
) -> Response:
    """The list of them. Nothing is kept: each is made when it is asked for."""
    told_of(console, organisation)
    return console.templates.response(
        "documents/documents.html",
        context,
        documents=list(DOCUMENTS),
        organisations=choices(console),
        organisation=organisation,
        now=console.clock.now(),
        pressing=context.ending,
        role=visitor.user.role,
    )


router.include_router(ending.router)  # before the names of documents
router.include_router(one.router)

PAGE = Page(name="documents", router=router, permissions=(Permission.VIEW_DOCUMENTS,))
