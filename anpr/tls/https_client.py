# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTPS client of one web service: shows our login, verifies the server, follows no redirect, no proxy of the
environment, keeps no cookies."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2

from anpr.domain.errors import ForwardError
from anpr.settings.forwarding.https import HttpSettings
from anpr.ssh.credentials import read_secret
from anpr.tls.context import PinnedContext, tls_context, tls_refusal

MAX_HEADER = 200
"""Characters of a header's value, or of a foreign error's text, that a message tells."""


@contextmanager
def open_client(target: HttpSettings, where: str) -> Iterator["TimedClient"]:
    """A client that shows our login and verifies the server, without redirects, proxies of the environment or cookies.

    Raises ForwardError.
    """
    context, login = tls_context(target, where), _login(target, where)
    headers = {"Accept-Encoding": "identity", "User-Agent": "anpr", **login}
    with TimedClient(
        verify=context, headers=headers, timeout=target.timeout_s, follow_redirects=False, trust_env=False
    ) as client:
        client.context = context
        yield client


class TimedClient(httpx2.Client):
    """A client whose deadline holds for a whole exchange; each step has `timeout_s` besides."""

    context: PinnedContext


def _login(target: HttpSettings, where: str) -> dict[str, str]:
    secret = read_secret(target, where)
    if secret is None:
        return {}
    if target.auth == "basic":
        pair = base64.b64encode(f"{target.user}:{secret}".encode()).decode("ascii")
        return {"Authorization": f"Basic {pair}"}
    if not secret.isascii() or not secret.isprintable():
        raise ForwardError(f"{where}: the secret holds a sign that no header may have", permanent=True)
    return {str(target.auth_header): secret} if target.auth == "header" else {"Authorization": f"Bearer {secret}"}


def server_of(target: HttpSettings) -> str:
    """For messages: without path and query."""
    return f"https://{urlsplit(target.url).netloc}"


@contextmanager
def http_errors(target: HttpSettings, name: str) -> Iterator[None]:
    """Errors of an exchange about `name` as ForwardError; what TLS refuses is permanent."""
    server = server_of(target)
    try:
        yield
    except httpx2.TimeoutException as exc:
        raise ForwardError(f"{server}: {name}: no answer within {target.timeout_s:g} s") from exc
    except (httpx2.HTTPError, httpx2.StreamError, OSError) as exc:
        refusal = tls_refusal(server, exc)
        raise refusal or ForwardError(f"{server}: {name}: {_told(exc)}") from exc


def refuse_redirect(answer: httpx2.Response, server: str, name: str) -> None:
    """Raises ForwardError, permanent, naming where it leads."""
    if 300 <= answer.status_code < 400:
        place = _host_of(answer.headers.get("location", "")) or server.removeprefix("https://")
        raise ForwardError(
            f"{server}: {name}: answered {answer.status_code}, a redirect to {place[:MAX_HEADER]!r}: not followed",
            permanent=True,
        )


def _host_of(address: str) -> str:
    """For messages: without a login, path and query; empty when it has none."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2]
    except ValueError:  # such as `https://[`
        return ""


def _told(exc: Exception) -> str:
    return " ".join((str(exc) or type(exc).__name__).split())[:MAX_HEADER]
