"""What producers, consumers and the admin client have in common: how to connect, and what an error means."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kafka import errors
from kafka.net.compat import KafkaNetClient

from anpr.domain.errors import TransportError
from anpr.settings import KafkaSettings

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
        "ssl_cafile": settings.ca_file,
        "ssl_certfile": settings.certificate_file,
        "ssl_keyfile": settings.key_file,
    }
    if settings.security_protocol.startswith("SASL") and settings.password is not None:
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password.get_secret_value(),
        }
    return options


def connect(kind: Callable[..., Client], **options: Any) -> Client:
    """A client of this kind, connected.

    kafka-python starts a network thread before it connects and forgets it when that fails; an edge without uplink
    would gather one per try.
    """
    made: list[KafkaNetClient] = []

    def remembered(**configs: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**configs))
        return made[-1]

    try:
        return kind(**options, kafka_client=remembered)
    except BaseException:
        for client in made:
            client.close()
        raise


@contextlib.contextmanager
def mapped_errors(what: str, settings: KafkaSettings) -> Iterator[None]:
    """Errors of kafka-python and of the network as TransportError, in one line that names the broker."""
    try:
        yield
    except (errors.KafkaError, OSError, ValueError) as exc:
        raise as_transport_error(exc, what, settings) from exc


def as_transport_error(exc: BaseException, what: str, settings: KafkaSettings) -> TransportError:
    """The error of ours that says the same."""
    permanent = isinstance(exc, (*_PERMANENT, ValueError))
    detail = " ".join(str(exc).split()) or type(exc).__name__
    return TransportError(f"kafka {settings.bootstrap}: {what}: {detail}", permanent=permanent)
