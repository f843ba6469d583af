"""Who reads the page that answers a request: language, role, form token."""

from typing import Annotated

from fastapi import Depends, Request

from anpr.console.access import Visitor, form_key
from anpr.console.rendering.templating import Reader
from anpr.console.rendering.translations import language_of
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, may

LANGUAGE_COOKIE = "anpr_language"


def reader_for(console: Console, request: Request, visitor: Visitor | None) -> Reader:
    """The reader for a visitor, or for somebody not logged in."""
    language = language_of(request.cookies.get(LANGUAGE_COOKIE), console.settings.console.language)
    key = visitor.session.key if visitor else form_key(console, request)
    token = console.sessions.form_token(key)
    # What a form leads to has no address of its own: its page has.
    path = request.url.path if request.method == "GET" else "/" + request.url.path.split("/")[1]
    if visitor is None:
        return Reader(language=language, form_token=token, path=path)
    role = visitor.user.role
    return Reader(
        language=language,
        form_token=token,
        user=visitor.user.name,
        role=role,
        may=frozenset(permission for permission in Permission if may(role, permission)),
        path=path,
    )


def reader_of(request: Request, console: ConsoleDep) -> Reader:
    """The reader of this request; list it after the dependency that lets the visitor in."""
    return reader_for(console, request, getattr(request.state, "visitor", None))


ReaderDep = Annotated[Reader, Depends(reader_of)]
