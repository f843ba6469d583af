# SPDX-License-Identifier: AGPL-3.0-or-later
"""What makes the page an application: its manifest, its service worker, and the shell that is shown without a link.

The worker's scope is this page alone. It keeps the shell and the files that draw it, and never a page with data.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from anpr.console.page_context import ContextDep
from anpr.console.state import ConsoleDep
from anpr.domain.alarm import AlarmKind
from anpr.domain.watchlist import Priority

router = APIRouter()

_STATIC = Path(__file__).resolve().parents[2] / "static"
SHELL = ("console.css", "phone.css", "patrol.css", "icon.svg", "patrol/offline.js", "patrol/store.js")
"""Files of the shell, below /static/."""
_COLOUR = "#0b57a4"
_WORDS = (
    "push_test", "push_test_text", "push_handed_over", "push_escalated", "push_open", "push_unknown",
)  # fmt: skip


@router.get("/manifest.webmanifest")
def manifest(console: ConsoleDep, context: ContextDep) -> Response:
    """By which a phone installs the page (W3C Web App Manifest)."""
    words = console.templates.catalogue(context.language)
    icons = [
        {"src": f"/static/patrol/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    content = {
        "id": "/patrol",
        "name": f"{words('patrol.app_name')} · {console.settings.municipality}",
        "short_name": words("patrol.app_name"),
        "lang": context.language,
        "start_url": "/patrol",
        "scope": "/patrol",
        "display": "standalone",
        "background_color": "#f1f4f8",
        "theme_color": _COLOUR,
        "icons": icons,
    }
    return JSONResponse(content, media_type="application/manifest+json")


@router.get("/worker.js")
def worker(console: ConsoleDep, context: ContextDep) -> Response:
    """The service worker, with its words in the visitor's language and the version of the files that it keeps."""
    words = console.templates.catalogue(context.language)
    told: dict[str, object] = {name: words(f"patrol.{name}") for name in _WORDS}
    told["push_title"] = words("patrol.push_title", priority="#")
    told["kinds"] = {str(kind): words(f"list_kind.{kind}") for kind in AlarmKind}
    told["priorities"] = {str(priority): words(f"priority.{priority}") for priority in Priority}
    given = {
        "words": told,
        "lang": context.language,
        "zone": console.settings.time_zone,
        "shell": ["/patrol/offline", *(f"/static/{name}" for name in SHELL)],
        "version": _version(),
    }
    text = f"const GIVEN = {json.dumps(given)};\n{_script()}"
    headers = {"Service-Worker-Allowed": "/patrol", "Cache-Control": "private, no-cache"}
    return Response(text, media_type="text/javascript", headers=headers)


@router.get("/offline")
def offline(console: ConsoleDep, context: ContextDep) -> Response:
    """The shell: what is shown where the page cannot be had. It names nobody and nothing."""
    return console.templates.response("patrol/offline.html", context)


@cache
def _script() -> str:
    return (_STATIC / "patrol" / "worker.js").read_text(encoding="utf-8")


@cache
def _version() -> str:
    """Changes with any file of the shell."""
    digest = sha256(_script().encode())
    for name in SHELL:
        digest.update((_STATIC / name).read_bytes())
    return digest.hexdigest()[:12]
