# SPDX-License-Identifier: AGPL-3.0-or-later
"""SOAP over HTTPS: the transport `https` for profiles with a section `soap`, and with WS-Security where it is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from anpr.forward.profile.soap import SoapRules
from anpr.forward.transport.base import Receipt
from anpr.forward.transport.https import exchange, filled_headers, names_of
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.https import HttpsTarget
from anpr.settings.forwarding.placeholders import fill_placeholders
from anpr.tls.https_client import TimedClient, open_client
from anpr.ws_security import Security, open_security


@contextmanager
def open_soap(target: HttpsTarget, where: str, rules: SoapRules, clock: Clock) -> Iterator["SoapTransport"]:
    """A client for this address that sends envelopes; it connects with the first file. Raises ForwardError."""
    settings = target.ws_security
    security = None if settings is None else open_security(settings, f"{where}.ws_security", clock)
    with open_client(target, where) as client:
        yield SoapTransport(client, target, rules, security)


class SoapTransport:
    """Sends each envelope within `timeout_s`. Each try has a Security header of its own around the same Body."""

    def __init__(self, client: TimedClient, target: HttpsTarget, rules: SoapRules, security: Security | None) -> None:
        self._client = client
        self._target = target
        self._rules = rules
        self._security = security

    def send(self, name: str, data: bytes) -> Receipt:
        target, security = self._target, self._security
        message = data if security is None else security.secured(data)
        headers = {**filled_headers(target, name, message), **self._rules.http_headers}
        place = fill_placeholders(target.url, names_of(name, escape=True))
        receipt = exchange(
            self._client, self._client.build_request("POST", place, headers=headers, content=message), target, name
        )
        return receipt if security is None or receipt.data is None else _believed(receipt, security)

    def fetch(self, name: str) -> Receipt | None:  # noqa: ARG002  the signature is the protocol's
        return None


def _believed(receipt: Receipt, security: Security) -> Receipt:
    """With what the reply's signature covers and nothing else, where one is demanded: no unsigned fault either."""
    try:
        return replace(receipt, data=security.answered(receipt.data or b""))
    except ValueError as exc:
        return replace(receipt, data=None, unread=f"its signature: {exc}")
