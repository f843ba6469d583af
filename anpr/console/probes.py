# SPDX-License-Identifier: AGPL-3.0-or-later
"""Liveness and readiness of the console, for supervisors and load balancers, without a login."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from anpr.console.state import ConsoleDep
from anpr.domain.errors import StoreError

router = APIRouter()


@router.get("/healthz")
async def alive() -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(console: ConsoleDep) -> Response:
    """Database and live alarms, each `up` or `down`; 503 unless both are up. Says nothing else to strangers."""
    try:
        console.database.ping()
        database = True
    except StoreError:
        database = False
    parts = {"database": database, "live-alarms": console.live.is_up}
    words = {name: "up" if is_up else "down" for name, is_up in parts.items()}
    return JSONResponse(words, status_code=200 if all(parts.values()) else 503)
