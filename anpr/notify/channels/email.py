# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channel: e-mail by the site's server (section `mail`). A repeat has the Message-ID of the first try."""

from anpr.domain.errors import MailError, SettingsError
from anpr.domain.notification import ChannelKind, Recipient, SendFault
from anpr.mail.message import Mail
from anpr.mail.smtp import SmtpSender
from anpr.notify.channels.base import Message, Outcome, Refused, Sent, TryAgain
from anpr.runtime.clock import Clock
from anpr.settings.mail import MailSettings


class EmailChannel:
    """A connection for each mail."""

    kind = ChannelKind.EMAIL

    def __init__(self, settings: MailSettings, clock: Clock) -> None:
        self._settings = settings
        self._sender = SmtpSender(settings, clock)

    def lane(self, recipient: Recipient) -> str:  # noqa: ARG002  all mails go by one server
        """The mail server."""
        return f"mail server {self._settings.host}:{self._settings.port}"

    def send(self, recipient: Recipient, message: Message) -> Outcome:
        """See Channel. A login or certificate that is refused keeps all mails waiting, as a person can put it right."""
        mail = Mail(to=recipient.address, subject=message.subject, text=f"{message.text}\n", id=message.id)
        try:
            self._sender.send(mail)
        except SettingsError as exc:
            return TryAgain(str(exc), all_wait=True, why=SendFault.SETTINGS)
        except MailError as exc:
            reason = str(exc).replace(recipient.address, "the recipient")
            if exc.of_mail and exc.permanent:
                return Refused(reason)
            return TryAgain(reason, all_wait=not exc.of_mail)
        return Sent()

    def close(self) -> None:
        """Nothing is kept open."""
