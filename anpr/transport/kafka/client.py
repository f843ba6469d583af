# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shared by producers, consumers and the admin client: how to connect, and what an error means."""

import contextlib
import logging
import ssl
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kafka import errors

from anpr.domain.errors import TransportError
from anpr.settings import KafkaSettings
from anpr.transport.kafka.sockets import ClosingClient, ClosingSSLSocket

BOOTSTRAP_TIMEOUT_S = 10.0
_RECONNECT_MS = 5_000  # the default of 30 s would be added to each outage of a broker

Client = TypeVar("Client")

# What no waiting will mend; everything else may be a broker that restarts.
_PERMANENT = (
    errors.AuthorizationError,
    errors.IllegalSaslStateError,
    errors.InvalidRecordError,
    errors.InvalidTopicError,
    errors.KafkaConfigurationError,
    errors.MessageSizeTooLargeError,
    errors.PolicyViolationError,
    errors.RecordListTooLargeError,
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedCodecError,
    errors.UnsupportedSaslMechanismError,
    errors.UnsupportedVersionError,
)


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """The keyword arguments every client of kafka-python takes."""
    if not settings.bootstrap:
        raise TransportError("kafka.bootstrap is not set", permanent=True)
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap.split(",")],
        "bootstrap_timeout_ms": int(BOOTSTRAP_TIMEOUT_S * 1000),
        "reconnect_backoff_max_ms": _RECONNECT_MS,
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    if settings.security_protocol.startswith("SASL") and settings.password is not None:
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password.get_secret_value(),
        }
    return options


def _ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    """Made here and not by kafka-python, which would try again for ever with a file that is not there."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.sslsocket_class = ClosingSSLSocket
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.key_file)
    except OSError as exc:  # ssl.SSLError is one
        files = [file for file in (settings.ca_file, settings.certificate_file, settings.key_file) if file]
        reason = exc.strerror or str(exc)
        raise TransportError(f"kafka certificates ({', '.join(files)}): {reason}", permanent=True) from exc
    return context


def connect(kind: Callable[..., Client], **options: Any) -> Client:
    """A client of this kind, connected.

    kafka-python starts a network thread before it connects and forgets it when that fails; an edge without uplink
    would gather one per try.
    """
    made: list[ClosingClient] = []

    def remembered(**configs: Any) -> ClosingClient:
        made.append(ClosingClient(**configs))
        return made[-1]

    with _reasons() as reasons:
        try:
            return kind(**options, kafka_client=remembered)
        except BaseException as exc:
            for client in made:
                client.close()
            if isinstance(exc, errors.KafkaTimeoutError) and (reason := reasons.best()):
                raise reason from exc
            raise


def close_producer(producer: Any, timeout_s: float) -> None:
    """Close it for good, also when what it still holds cannot be sent.

    kafka-python's close() raises then and leaves its thread sending: an edge whose uplink comes and goes would gather
    them. The second close() finds nothing to send any more.
    """
    try:
        producer.close(timeout=timeout_s)
    except errors.KafkaTimeoutError:
        producer._sender.force_close()
        producer._sender.join(timeout_s)
        producer.close(timeout=timeout_s)


class _Reasons(logging.Handler):
    """Collects why connecting failed, which kafka-python only logs: a wrong password would else look like no broker."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._seen: list[errors.KafkaError] = []

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        # One of each kind: it tries a few times, and may tell the same each time.
        self._seen += [
            each
            for each in arguments
            if isinstance(each, errors.KafkaError) and type(each) not in _told_by_now(self._seen)
        ]

    def best(self) -> errors.KafkaError | None:
        """A reason that waiting does not mend; without one, the latest reason."""
        return next((each for each in self._seen if isinstance(each, _PERMANENT)), next(reversed(self._seen), None))


def _told_by_now(seen: list[errors.KafkaError]) -> set[type]:
    return {errors.KafkaTimeoutError, *map(type, seen)}  # that it took too long is what we look for a reason of


@contextlib.contextmanager
def _reasons() -> Iterator[_Reasons]:
    handler, logger = _Reasons(), logging.getLogger("kafka.net.manager")
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)


@contextlib.contextmanager
def mapped_errors(what: str, settings: KafkaSettings) -> Iterator[None]:
    """Errors of kafka-python and of the network as TransportError, in one line that names the broker."""
    try:
        yield
    except (errors.KafkaError, OSError, ValueError) as exc:
        raise as_transport_error(exc, what, settings) from exc


def as_transport_error(exc: BaseException, what: str, settings: KafkaSettings) -> TransportError:
    """The TransportError for an error of kafka-python or the network."""
    permanent = isinstance(exc, (*_PERMANENT, ValueError))
    detail = " ".join(str(exc).split()) or type(exc).__name__
    return TransportError(f"kafka {settings.bootstrap}: {what}: {detail}", permanent=permanent)
