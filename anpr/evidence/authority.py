# SPDX-License-Identifier: AGPL-3.0-or-later
"""Client of a time stamping authority over HTTP (RFC 3161, 3.4): limited in time and size, no redirects, no proxies.

What is sent is a digest: no plate, no reference, and nothing that tells whose package it is.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx2
from cryptography import x509

from anpr.domain.errors import SettingsError
from anpr.evidence.stamp import MAX_ANSWER, Stamp, StampError, StampFault, read_roots, stamp_request, verify_stamp
from anpr.settings.evidence import TimeStampSettings
from anpr.settings.secret_origin import secret_of

_KEY = "evidence.time_stamp"
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeStampAuthority:
    """The authority that the settings name; `roots_pem` as it goes into packages."""

    settings: TimeStampSettings
    roots_pem: bytes
    _roots: tuple[x509.Certificate, ...]

    @property
    def name(self) -> str:
        """Its address."""
        return self.settings.url or ""

    def stamp(self, message: bytes) -> tuple[bytes, Stamp]:
        """The answer, which was verified, and what it says. Raises StampError."""
        request = stamp_request(message)
        answer = _post(self.settings, request.data)
        return answer, verify_stamp(answer, message, list(self._roots), request.nonce, self.settings.policy)


def open_authority(settings: TimeStampSettings) -> TimeStampAuthority | None:
    """None where the settings name none. Raises StampError when the roots cannot be read."""
    if settings.url is None or settings.ca_file is None:
        return None
    try:
        pem = Path(settings.ca_file).read_bytes()
    except OSError as exc:
        raise StampError(StampFault.SETTINGS, f"{_KEY}.ca_file: {settings.ca_file}: {exc.strerror or exc}") from exc
    return TimeStampAuthority(settings=settings, roots_pem=pem, _roots=tuple(read_roots(pem)))


def _post(settings: TimeStampSettings, data: bytes) -> bytes:
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca_file)
        login = (settings.user, secret_of(settings, _KEY)) if settings.user else None
    except SettingsError as exc:
        raise StampError(StampFault.SETTINGS, str(exc)) from exc
    except OSError as exc:
        raise StampError(StampFault.SETTINGS, f"{_KEY}.tls_ca_file: {exc.strerror or exc}") from exc
    return anyio.run(_answer, settings, data, context, login)


async def _answer(
    settings: TimeStampSettings, data: bytes, context: ssl.SSLContext, login: tuple[str, str] | None
) -> bytes:
    try:
        with anyio.fail_after(settings.timeout_s):
            async with (
                httpx2.AsyncClient(
                    verify=context, timeout=settings.timeout_s, follow_redirects=False, trust_env=False, auth=login
                ) as client,
                client.stream("POST", settings.url or "", content=data, headers=_headers()) as answer,
            ):
                return await _body(answer)
    except (TimeoutError, httpx2.TimeoutException):
        raise StampError(StampFault.LATE, f"no whole answer within {settings.timeout_s:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError) as exc:
        text = " ".join((str(exc) or type(exc).__name__).split())[:200]
        raise StampError(StampFault.UNREACHABLE, text) from exc


async def _body(answer: httpx2.Response) -> bytes:
    if answer.status_code != httpx2.codes.OK:
        raise StampError(StampFault.REFUSED, f"status {answer.status_code}")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _REPLY:
        raise StampError(StampFault.WRONG_ANSWER, f"an answer of type {kind[:60]!r}, not {_REPLY}")
    body = b""
    async for part in answer.aiter_raw():
        body += part
        if len(body) > MAX_ANSWER:
            raise StampError(StampFault.WRONG_ANSWER, f"an answer of more than {MAX_ANSWER} bytes")
    return body


def _headers() -> dict[str, str]:
    return {"Content-Type": _QUERY, "Accept": _REPLY, "Accept-Encoding": "identity", "User-Agent": "anpr-evidence"}
