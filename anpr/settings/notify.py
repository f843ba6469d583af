# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of notifications: the servers by which messages leave the machine. The console keeps who is told what."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from anpr.settings.address import check_address
from anpr.settings.base import NetworkText, Section, ServerName
from anpr.settings.secret_origin import SecretOrigin

SMS_FIELDS = ("to", "text", "id", "secret")
"""What the SMS gateway's templates may name in braces."""
_FIELD = re.compile(r"\{([a-z]+)\}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")


class WebhookSettings(SecretOrigin):
    """HTTPS requests to addresses that administrators name in the console (CloudEvents 1.0, signed as Standard Webhooks
    says). With a secret the signature is HMAC-SHA256; without one it is Ed25519 by the key of audit.key_file, whose
    public half `anpr audit key` prints: take that where receivers are not all yours."""

    enabled: bool = False
    """Whether anything is sent by this channel."""
    private_networks: tuple[NetworkText, ...] = ()
    """Networks (10.1.0.0/16) in which receivers may be although they are not on the internet. Others that are private,
    of this machine or of the link are refused, whatever name leads to them."""
    ca_file: str | None = None
    """PEM certificates that a receiver's may be signed by, instead of those of the system."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """So long a whole request may take."""


class MqttSettings(SecretOrigin):
    """The MQTT broker; recipients are its topics."""

    host: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """Name of the broker, which its certificate must bear. None: nothing is sent by this channel."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8883
    """8883 with TLS."""
    tls: bool = True
    """Off only for a broker on this machine: messages and login would cross the network in clear."""
    version: Literal["5", "3.1.1"] = "5"
    """Of the protocol. A broker of 3.1.1 does not say when it drops a message that its rules forbid."""
    user: Annotated[str, Field(min_length=1)] | None = None
    """Login at the broker; none where it asks for none."""
    ca_file: str | None = None
    """PEM certificates that the broker's may be signed by, instead of those of the system."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """So long the connection, and the acknowledgement of a message, is waited for."""

    @model_validator(mode="after")
    def _no_contradiction(self) -> Self:
        if self.has_secret != bool(self.user):
            raise ValueError("user and a secret (secret_file or secret_env) go together")
        if not self.tls and self.host is not None and not _is_here(self.host):
            raise ValueError("tls: may be off only for a broker on this machine (127.0.0.1, ::1 or localhost)")
        return self


class SmsSettings(SecretOrigin):
    """The gateway that turns an HTTP request into an SMS, declared as its maker documents it. `{to}` (the number),
    `{text}`, `{id}` (the same at each try) and `{secret}` in url, headers and body are filled in and encoded for their
    place."""

    url: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Where the request goes, such as https://gateway.example.it/send. None: nothing is sent by this channel. Without
    HTTPS only to a private address in digits."""
    method: Literal["POST", "GET", "PUT"] = "POST"
    """Of the request."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Of the request, such as `Authorization: Bearer {secret}`."""
    encoding: Literal["json", "form", "query"] = "json"
    """How the fields of `body` are sent: as a JSON object, a form, or in the address."""
    body: dict[str, str] = Field(default_factory=lambda: {"to": "{to}", "text": "{text}"})
    """Names and templates of the fields."""
    accepted: tuple[Annotated[int, Field(ge=200, le=299)], ...] = (200, 201, 202, 204)
    """Status codes that mean that the message was taken."""
    accepted_text: Annotated[str, Field(max_length=200)] | None = None
    """A text that the answer must hold too, for gateways that answer 200 to everything."""
    refused: tuple[Annotated[int, Field(ge=400, le=499)], ...] = (400, 404, 413, 422)
    """Status codes that mean that this message is never taken; every other is tried again."""
    ca_file: str | None = None
    """PEM certificates that the gateway's may be signed by, instead of those of the system."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 15.0
    """So long a whole request may take."""

    @field_validator("url")
    @classmethod
    def _is_safe(cls, value: str | None) -> str | None:
        if value is not None:
            parts = check_address(value, ("https", "http"))
            if "@" in parts.netloc:
                raise ValueError("a login in the address; write it in headers or body with {secret}")
            if parts.scheme == "http" and not _is_private(parts.hostname or ""):
                raise ValueError("expected https://…; http only to a private address in digits, such as 192.168.1.1")
        return value

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        templates = {"url": self.url or "", **{f"headers.{k}": v for k, v in self.headers.items()}}
        templates |= {f"body.{k}": v for k, v in self.body.items()}
        named = {key: set(_FIELD.findall(text)) for key, text in templates.items()}
        for key, names in named.items():
            for name in sorted(names - set(SMS_FIELDS)):
                raise ValueError(f"{key}: {{{name}}} is no field; there are: {', '.join(SMS_FIELDS)}")
        for name in self.headers:
            if not _HEADER.fullmatch(name):
                raise ValueError(f"headers: {name[:40]!r} is no name of a header")
        if self.url is not None and not {"to", "text"} <= set().union(*named.values()):
            raise ValueError("body: {to} and {text} must stand in it")
        uses_secret = any("secret" in names for names in named.values())
        if self.url is not None and uses_secret != self.has_secret:
            raise ValueError("{secret} and a secret (secret_file or secret_env) go together")
        return self


class WebPushSettings(Section):
    """Messages to the phones of patrols through the push services of browsers' makers. Those see when a phone is told
    something, and not what: it is encrypted for the phone (RFC 8291), and names no plate."""

    contact: Annotated[str, Field(pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://[^\s]+)$", max_length=200)] | None = None
    """mailto: or https: of whoever runs the site, which push services want to know (VAPID, RFC 8292). None: nothing is
    sent by this channel."""
    key_file: Annotated[str, Field(min_length=1)] | None = None
    """File with the private key (PEM, P-256), made when it is not there. None: `web-push-key` in data_dir. With another
    key every phone has to be registered again."""
    private_hosts: tuple[ServerName, ...] = ()
    """Names of push services of one's own, which may have private addresses and any port. All others must be public
    names on port 443 with public addresses."""
    ca_file: str | None = None
    """PEM certificates that a service's may be signed by, instead of those of the system."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    """So long a whole request may take."""
    keep_s: Annotated[int, Field(ge=0, le=86400)] = 3600
    """So long the service keeps a message for a phone that is off; what is older is no news any more."""


class NotifySettings(Section):
    """How alarms are told to people and systems; `anpr notify serve` does it. E-mail goes by the section `mail`."""

    console_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")] | None = None
    """Address of the console as recipients reach it, such as https://console.comune.example.it, for the link to the
    alarm in each message. None: messages have no link."""
    give_up_after_h: Annotated[float, Field(ge=0.1, le=168)] = 24.0
    """A message that nobody took for so long is given up and shown as such; an alarm that is older is not told."""
    webhook: WebhookSettings = WebhookSettings()
    mqtt: MqttSettings = MqttSettings()
    sms: SmsSettings = SmsSettings()
    web_push: WebPushSettings = WebPushSettings()


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return False
