# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP to the provider: limited in time and size, without redirects, proxies of the environment or compression."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx2

from anpr.console.oidc.faults import ProviderError, ProviderFault

MAX_ANSWER_BYTES = 1024 * 1024
"""Of one answer. The largest are key sets and tokens with hundreds of groups, some tens of kilobytes."""


class _Counted(httpx2.AsyncByteStream):
    """The stream, as long as it keeps within the limit."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise ProviderError(ProviderFault.TOO_LARGE, f"an answer of more than {MAX_ANSWER_BYTES} bytes")
            yield part

    async def aclose(self) -> None:
        """Let the connection go."""
        await self._stream.aclose()


class LimitedTransport(httpx2.AsyncHTTPTransport):
    """Refuses answers that are too large, and compressed ones: a few bytes may stand for gigabytes."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, whose body is counted while it is read. Raises ProviderError."""
        request.headers["Accept-Encoding"] = "identity"
        answer = await super().handle_async_request(request)
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            await answer.aclose()
            raise ProviderError(ProviderFault.WRONG_ANSWER, "a compressed answer, which was not asked for")
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        answer.stream = _Counted(answer.stream)
        return answer


def options(context: ssl.SSLContext, timeout_s: float) -> dict[str, Any]:
    """What every client of ours is made with."""
    return {
        "transport": LimitedTransport(verify=context),
        "timeout": timeout_s,
        "follow_redirects": False,
        "trust_env": False,
    }


@contextmanager
def within(timeout_s: float, what: str) -> Iterator[None]:
    """The block has so long in all, however slowly the bytes come. Raises ProviderError for what HTTP does wrong."""
    try:
        with anyio.fail_after(timeout_s):
            yield
    except (TimeoutError, httpx2.TimeoutException):
        raise ProviderError(ProviderFault.LATE, f"{what}: no whole answer within {timeout_s:g} s") from None
    except (httpx2.TransportError, ssl.SSLError, OSError) as exc:
        raise ProviderError(ProviderFault.UNREACHABLE, f"{what}: {str(exc) or type(exc).__name__}") from exc
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        raise ProviderError(ProviderFault.WRONG_ANSWER, f"{what}: {type(exc).__name__}") from exc


def object_of(answer: httpx2.Response, what: str) -> dict[str, Any]:
    """The JSON object in an answer with status 200. Raises ProviderError."""
    if answer.status_code != httpx2.codes.OK:
        raise ProviderError(ProviderFault.WRONG_ANSWER, f"{what}: status {answer.status_code}")
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        raise ProviderError(ProviderFault.WRONG_ANSWER, f"{what}: not JSON") from None
    if not isinstance(found, dict):
        raise ProviderError(ProviderFault.WRONG_ANSWER, f"{what}: not a JSON object")
    return found
