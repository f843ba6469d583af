# SPDX-License-Identifier: AGPL-3.0-or-later
"""Security header of each message: new at each try, so that no time or nonce is used twice."""

import secrets
from collections.abc import Callable

from anpr.domain.errors import ForwardError, SettingsError
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.ws_security import WsSecuritySettings
from anpr.settings.secret_origin import secret_of
from anpr.ws_security import tokens
from anpr.ws_security.envelope import EnvelopeCut
from anpr.ws_security.names import IDS, WSSE, WSU
from anpr.ws_security.reply_signature import ReplySignature, open_reply_signature
from anpr.ws_security.signature import Signature, open_signature

NONCE_BYTES = 16


class Security:
    """Secures envelopes, whoever wrote them. Its secrets are in no `repr`."""

    def __init__(
        self,
        settings: WsSecuritySettings,
        clock: Clock,
        password: str,
        signature: Signature | None,
        reply: ReplySignature | None,
        nonce: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._password = password
        self._signature = signature
        self._reply = reply
        self._nonce = nonce

    def secured(self, envelope: bytes) -> bytes:
        """The envelope with a Security header, made now, and signed when a certificate is named.

        Raises ValueError when it is none, or has such a header of its own.
        """
        cut = EnvelopeCut(envelope)
        head = self._head(cut.space).encode()
        if self._signature is None:
            return cut.with_header(head)
        return self._signature.signed(cut.with_header(head, IDS["body"]), self._settings.signed)

    @property
    def demands_signed_replies(self) -> bool:
        """Whether of a reply only what a pinned key has signed may be believed."""
        return self._reply is not None

    def answered(self, reply: bytes, *, is_large: bool = False) -> bytes:
        """What of a reply may be believed: all, or what the pinned key has signed. Raises ValueError."""
        return reply if self._reply is None else self._reply.signed_part(reply, is_large=is_large)

    def _head(self, space: str) -> str:
        settings, now = self._settings, self._clock.now()
        parts = [] if settings.timestamp_s is None else [tokens.timestamp(now, settings.timestamp_s)]
        if settings.username is not None:
            nonce = self._nonce(NONCE_BYTES)
            parts.append(tokens.username_token(settings.username, self._password, settings.password_type, nonce, now))
        if self._signature is not None:
            parts.append(tokens.certificate_token(self._signature.certificate))
        understood = f' xmlns:e="{space}" e:mustUnderstand="1"' if settings.must_understand else ""
        return f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}"{understood}>{"".join(parts)}</wsse:Security>'


def open_security(settings: WsSecuritySettings, where: str, clock: Clock) -> Security:
    """With its secrets read now. Raises ForwardError (permanent) naming the key below `where`, never what it holds."""
    try:
        password = "" if settings.username is None else secret_of(settings, where)
    except SettingsError as exc:
        raise ForwardError(str(exc), permanent=True) from exc
    reply = open_reply_signature(settings, where, clock)
    return Security(settings, clock, password, open_signature(settings, where), reply)
