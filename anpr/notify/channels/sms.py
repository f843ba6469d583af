# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channel: SMS by a gateway whose HTTP request the settings declare."""

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode, urlsplit

from anpr.domain.errors import SettingsError
from anpr.domain.notification import ChannelKind, Recipient, SendFault
from anpr.notify.channels.base import Message, Outcome, Refused, Sent, TryAgain
from anpr.notify.channels.http import HttpAnswer, HttpRequest, NoAnswer, call
from anpr.notify.channels.tls import tls_context
from anpr.settings.notify import SMS_FIELDS, SmsSettings
from anpr.settings.secret_origin import secret_of

_FIELD = re.compile(r"\{(" + "|".join(SMS_FIELDS) + r")\}")


class SmsChannel:
    """A connection for each message."""

    kind = ChannelKind.SMS

    def __init__(self, settings: SmsSettings) -> None:
        self._settings = settings

    def lane(self, recipient: Recipient) -> str:  # noqa: ARG002  all messages go by one gateway
        """The gateway's host, without the path: it may hold a key."""
        return f"SMS gateway {urlsplit(self._settings.url or '').netloc}"

    def send(self, recipient: Recipient, message: Message) -> Outcome:
        """See Channel. A login that is refused (401, 403) keeps all messages waiting."""
        settings = self._settings
        where = self.lane(recipient)
        try:
            context = tls_context(settings.ca_file, "notify.sms.ca_file")
            request = sms_request(settings, recipient.address, message, self._secret())
        except SettingsError as exc:
            return TryAgain(str(exc), all_wait=True, why=SendFault.SETTINGS)
        answer = call(request, context, settings.timeout_s)
        if isinstance(answer, HttpAnswer):
            return self._judged(answer, where)
        reason = answer.reason if isinstance(answer, NoAnswer) else "no address"
        return TryAgain(f"{where}: {reason}", all_wait=not isinstance(answer, NoAnswer) or answer.is_unreachable)

    def close(self) -> None:
        """Nothing is kept open."""

    def _secret(self) -> str:
        return secret_of(self._settings, "notify.sms") if self._settings.has_secret else ""

    def _judged(self, answer: HttpAnswer, where: str) -> Outcome:
        settings = self._settings
        if answer.status in settings.accepted:
            if settings.accepted_text is None or settings.accepted_text in answer.text:
                return Sent()
            return TryAgain(f"{where}: its answer lacks the text of notify.sms.accepted_text")
        if answer.status in settings.refused:
            return Refused(f"{where}: status {answer.status}")
        return TryAgain(f"{where}: status {answer.status}", all_wait=answer.status in (401, 403))


def sms_request(settings: SmsSettings, to: str, message: Message, secret: str) -> HttpRequest:
    """The declared request with its fields filled in. Raises SettingsError where a value cannot stand in a header."""
    values = {"to": to, "text": message.short, "id": message.id, "secret": secret}
    url = _filled(settings.url or "", values, lambda text: quote(text, safe=""))
    headers = {name: _header_value(name, _filled(text, values)) for name, text in settings.headers.items()}
    fields = {name: _filled(text, values) for name, text in settings.body.items()}
    if settings.encoding == "query":
        parts = urlsplit(url)
        url = parts._replace(query="&".join(filter(None, (parts.query, urlencode(fields))))).geturl()
        return HttpRequest(method=settings.method, url=url, headers=headers)
    if settings.encoding == "form":
        body, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
    else:
        body, kind = json.dumps(fields, ensure_ascii=False).encode(), "application/json"
    return HttpRequest(method=settings.method, url=url, headers={"Content-Type": kind, **headers}, body=body)


def _filled(template: str, values: Mapping[str, str], encoded: Callable[[str], str] = lambda text: text) -> str:
    """In one go: what a value holds is no template."""
    return _FIELD.sub(lambda found: encoded(values[found[1]]), template)


def _header_value(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise SettingsError(f"notify.sms.headers.{name}: its value has signs that a header cannot hold")
    return value
