# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP client of channels: limited in time and size, without redirects, proxies of the environment or cookies.

The name is looked up here and the connection goes to the address that was judged: a name that leads elsewhere a moment
later (DNS rebinding) changes nothing.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from socket import SOCK_STREAM

import anyio
import httpx2

from anpr.runtime.addresses import parsed_address

MAX_ANSWER_BYTES = 64 * 1024
"""Of one answer; what comes after is not read."""
_MOST_ADDRESSES = 3
"""Of one name that are tried."""
Allowed = Callable[[IPv4Address | IPv6Address], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """One request; `url` is whole and absolute."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpAnswer:
    """Its status, and the beginning of its body."""

    status: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoAnswer:
    """Why there is no answer; `is_unreachable`: nothing was sent, because no connection came about."""

    reason: str
    is_unreachable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class NotAllowed:
    """Its host has addresses, and none to which this may be sent."""


def call(
    request: HttpRequest, context: ssl.SSLContext, timeout_s: float, allowed: Allowed = lambda _address: True
) -> HttpAnswer | NoAnswer | NotAllowed:
    """Send it, to an address of its host that `allowed` takes; within `timeout_s` seconds in all."""
    return anyio.run(_call, request, context, timeout_s, allowed)


async def _call(
    request: HttpRequest, context: ssl.SSLContext, timeout_s: float, allowed: Allowed
) -> HttpAnswer | NoAnswer | NotAllowed:
    url = httpx2.URL(request.url)
    try:
        with anyio.fail_after(timeout_s):
            found = await anyio.getaddrinfo(url.host, url.port or _default_port(url), type=SOCK_STREAM)
            addresses = [address for entry in found if (address := parsed_address(entry[4][0])) and allowed(address)]
            if not addresses:
                return NotAllowed()
            return await _first_answer(request, url, addresses[:_MOST_ADDRESSES], context, timeout_s)
    except TimeoutError:
        return NoAnswer(reason=f"no whole answer within {timeout_s:g} s", is_unreachable=False)
    except httpx2.HTTPError as exc:
        return NoAnswer(reason=f"the connection broke: {type(exc).__name__}", is_unreachable=False)
    except OSError as exc:  # the name
        return NoAnswer(reason=f"its name is not found: {exc.strerror or exc}", is_unreachable=True)


async def _first_answer(
    request: HttpRequest,
    url: httpx2.URL,
    addresses: list[IPv4Address | IPv6Address],
    context: ssl.SSLContext,
    timeout_s: float,
) -> HttpAnswer | NoAnswer:
    failure = NoAnswer(reason="no address", is_unreachable=True)
    for address in addresses:
        try:
            return await _at(request, url, address, context, timeout_s)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as exc:
            failure = NoAnswer(reason=_why(exc), is_unreachable=True)
    return failure


async def _at(
    request: HttpRequest,
    url: httpx2.URL,
    address: IPv4Address | IPv6Address,
    context: ssl.SSLContext,
    timeout_s: float,
) -> HttpAnswer:
    headers = {**request.headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"}
    place = url.copy_with(host=str(address))
    timeout = httpx2.Timeout(timeout_s, connect=timeout_s / 2)
    async with (
        httpx2.AsyncClient(verify=context, timeout=timeout, follow_redirects=False, trust_env=False) as client,
        client.stream(
            request.method, place, headers=headers, content=request.body, extensions={"sni_hostname": url.host}
        ) as answer,
    ):
        body = b""
        async for part in answer.aiter_raw():
            body += part
            if len(body) >= MAX_ANSWER_BYTES:
                break
        return HttpAnswer(status=answer.status_code, text=body[:MAX_ANSWER_BYTES].decode(errors="replace"))


def _why(exc: Exception) -> str:
    """In one line. A certificate that is refused is told as such."""
    text = " ".join((str(exc) or type(exc).__name__).split())
    return f"no connection: {text[:200]}"


def _default_port(url: httpx2.URL) -> int:
    return 443 if url.scheme == "https" else 80
