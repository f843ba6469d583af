# SPDX-License-Identifier: AGPL-3.0-or-later
"""Validation of recipients' addresses: each channel has its own form, and a wrong one is refused where it is typed."""

import re
from collections.abc import Callable
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from anpr.domain.errors import InputError
from anpr.domain.notification import ChannelKind

EVERY_PATROL = "*"
"""Address of Web Push: every patrol of the organisation in whose area the alarm is."""
LONGEST = 500
"""Characters of an address at most."""
_MAIL = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[A-Za-z0-9.-]{1,255}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_TOPIC = re.compile(r"[^\s+#$\x00][^+#\x00-\x1f]{0,199}")
_USER = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\]")


class AddressFault(StrEnum):
    """What a wrong address should have been."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    TOPIC = "topic"
    PHONE = "phone"
    PATROL = "patrol"


class AddressError(InputError):
    """An address that its channel cannot have."""

    def __init__(self, fault: AddressFault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


def is_mail_address(text: str) -> bool:
    """Whether it is NAME@DOMAIN, without a name to show and without signs beyond ASCII."""
    return text.isascii() and _MAIL.fullmatch(text) is not None


def checked_address(channel: ChannelKind, text: str) -> str:
    """The address as it is kept. Raises AddressError naming what is expected."""
    address = text.strip()
    if channel is ChannelKind.SMS:
        address = re.sub(r"[\s./()-]", "", address)
    check, fault, expected = _RULES[channel]
    if not address or len(address) > LONGEST or not check(address):
        raise AddressError(fault, f"expected {expected}")
    return address


def _is_webhook(text: str) -> bool:
    """https://HOST[:PORT]/PATH, without a login in it: the ledger and the audit show addresses."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    is_whole = parts.scheme == "https" and not parts.fragment and text.isascii() and text.isprintable()
    return is_whole and " " not in text and _HOST.fullmatch(host) is not None


_RULES: MappingProxyType[ChannelKind, tuple[Callable[[str], bool], AddressFault, str]] = MappingProxyType(
    {
        ChannelKind.EMAIL: (is_mail_address, AddressFault.MAIL, "one address such as sala@comune.example.it"),
        ChannelKind.WEBHOOK: (_is_webhook, AddressFault.WEBHOOK, "https://HOST/PATH without a login in it"),
        ChannelKind.MQTT: (
            lambda text: _TOPIC.fullmatch(text) is not None,
            AddressFault.TOPIC,
            "a topic without + and #, at most 200 characters",
        ),
        ChannelKind.SMS: (
            lambda text: _PHONE.fullmatch(text) is not None,
            AddressFault.PHONE,
            "a phone number such as +39 055 1234567",
        ),
        ChannelKind.WEB_PUSH: (
            lambda text: text == EVERY_PATROL or _USER.fullmatch(text) is not None,
            AddressFault.PATROL,
            "the name of a user with the role patrol, or * for every patrol in whose area the alarm is",
        ),
    }
)
