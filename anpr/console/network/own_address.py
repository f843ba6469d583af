# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console's own address as the browser reached it, which a provider leads back to."""

import re

from fastapi import HTTPException, Request

_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?")


def own_address(request: Request, path: str) -> str:
    """SCHEME://HOST:PORT/PATH. The host is what the client wrote, and OwnNames has let it pass (console.names); the
    scheme is that of FromProxies. Raises HTTPException (400) when the port is none."""
    host = request.headers.get("host", "").strip().lower()
    if not _HOST.fullmatch(host):
        raise HTTPException(400)
    return f"{request.scope['scheme']}://{host}{path}"
