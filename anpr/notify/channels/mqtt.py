# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channel: MQTT with QoS 1 over one connection that is kept; the payload is a CloudEvent, whose id tells a repeat.

Version 5 of the protocol says when the broker's rules forbid a message; 3.1.1 acknowledges it all the same.
"""

import ssl
import threading
from contextlib import suppress
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from anpr.domain.errors import SettingsError
from anpr.domain.notification import ChannelKind, Recipient, SendFault
from anpr.notify.channels.base import Message, Outcome, Refused, Sent, TryAgain
from anpr.notify.channels.cloud_event import CONTENT_TYPE, cloud_event
from anpr.notify.channels.tls import tls_context
from anpr.settings.notify import MqttSettings
from anpr.settings.secret_origin import secret_of

KEEPALIVE_S = 30
_FINAL = frozenset({135, 144, 149, 153})
"""Reason codes by which a message is never taken: not authorized, topic name invalid, packet too large, payload format
invalid (MQTT 5.0, 3.4.2.1)."""


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself where the handshake fails: paho would leave it open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class _NoConnectionError(Exception):
    """The broker cannot be reached, or refuses us."""


class MqttChannel:
    """One connection, made when it is first needed and again after it was lost."""

    kind = ChannelKind.MQTT

    def __init__(self, settings: MqttSettings, source: str) -> None:
        self._settings = settings
        self._source = source
        self._connection: _Connection | None = None

    def lane(self, recipient: Recipient) -> str:  # noqa: ARG002  all topics are of one broker
        """The broker."""
        return f"MQTT broker {self._settings.host}:{self._settings.port}"

    def send(self, recipient: Recipient, message: Message) -> Outcome:
        """See Channel. A login that is refused keeps all messages waiting."""
        where = self.lane(recipient)
        try:
            connection = self._connected()
            code = connection.publish(recipient.address, cloud_event(message, self._source))
        except SettingsError as exc:
            return TryAgain(str(exc), all_wait=True, why=SendFault.SETTINGS)
        except _NoConnectionError as exc:
            self.close()
            return TryAgain(f"{where}: {exc}", all_wait=True)
        if code is None:
            self.close()  # whatever is still under way must not arrive beside the next try
            return TryAgain(f"{where}: no acknowledgement within {self._settings.timeout_s:g} s")
        if code < 128:
            return Sent()
        reason = f"{where}: reason code {code}"
        return Refused(reason) if code in _FINAL else TryAgain(reason)

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> "_Connection":
        if self._connection is None or not self._connection.is_up:
            self.close()
            self._connection = _Connection(self._settings)
            self._connection.open()
        return self._connection


class _Connection:
    """A client of paho with its own thread; waits for what the broker answers."""

    def __init__(self, settings: MqttSettings) -> None:
        """Raises SettingsError."""
        self._settings = settings
        self._is_five = settings.version == "5"
        self._answered = threading.Event()
        self._refusal: str | None = None
        self._codes: dict[int, int] = {}
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            protocol=MQTTProtocolVersion.MQTTv5 if self._is_five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        self._client.connect_timeout = settings.timeout_s
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        if settings.tls:
            context = tls_context(settings.ca_file, "notify.mqtt.ca_file")
            context.sslsocket_class = _ClosingSocket
            self._client.tls_set_context(context)
        if settings.user is not None:
            self._client.username_pw_set(settings.user, secret_of(settings, "notify.mqtt"))

    @property
    def is_up(self) -> bool:
        """Whether the broker took us and the connection stands."""
        return self._client.is_connected()

    def open(self) -> None:
        """Connect and wait for the answer. Raises _NoConnectionError."""
        settings = self._settings
        try:
            self._client.connect(settings.host or "", settings.port, keepalive=KEEPALIVE_S)
        except ssl.SSLCertVerificationError as exc:
            raise _NoConnectionError(f"its certificate is refused: {exc.verify_message}") from exc
        except (TimeoutError, OSError) as exc:
            raise _NoConnectionError(f"{getattr(exc, 'strerror', None) or str(exc) or type(exc).__name__}") from exc
        self._client.loop_start()
        if not self._answered.wait(settings.timeout_s):
            raise _NoConnectionError(f"no answer within {settings.timeout_s:g} s")
        if self._refusal is not None:
            raise _NoConnectionError(f"it refuses the connection: {self._refusal}")

    def publish(self, topic: str, payload: bytes) -> int | None:
        """The broker's reason code, below 128 where it took the message; None where it did not answer in time.

        Raises _NoConnectionError where the connection is lost before it is sent.
        """
        properties = None
        if self._is_five:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.ContentType = CONTENT_TYPE
        sent = self._client.publish(topic, payload, qos=1, properties=properties)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise _NoConnectionError("the connection is lost")
        with suppress(RuntimeError, ValueError):  # the connection broke while we waited: then it is not published
            sent.wait_for_publish(self._settings.timeout_s)
        return self._codes.pop(sent.mid, None) if sent.is_published() else None

    def close(self) -> None:
        """Say goodbye and end the thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        self._refusal = str(code) if code.is_failure else None
        self._answered.set()

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, code: ReasonCode, _properties: Any) -> None:
        self._codes[mid] = code.value
