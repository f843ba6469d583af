# SPDX-License-Identifier: AGPL-3.0-or-later
"""Type of a mail address in settings."""

from typing import Annotated

from pydantic import AfterValidator

from anpr.domain.notification_address import is_mail_address


def check_mail_address(text: str) -> str:
    """The address. Raises ValueError when it is none that we write to."""
    if not is_mail_address(text):
        raise ValueError("expected one address such as dpo@comune.example.it")
    return text


MailAddress = Annotated[str, AfterValidator(check_mail_address)]
"""NAME@DOMAIN, without a name to show and without signs beyond ASCII."""
