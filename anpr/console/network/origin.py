# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a request that changes something was caused by another site."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

_OWN = ("same-origin", "none")


def is_of_another_site(headers: Headers) -> bool:
    """Whether the browser says so: in Sec-Fetch-Site (HTTPS and loopback), else by an Origin that is not our Host.

    A program that sends neither is no browser that was lured here.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
