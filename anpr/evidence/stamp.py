# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time stamps (RFC 3161): the request, and the verification of an answer against roots, without network.

The library (rfc3161-client) checks chain, time and signature; here are limits, and all that it raises as one error.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509

from anpr.domain.errors import InputError
from anpr.evidence.certificate_order import with_sorted_certificates

MAX_ANSWER = 64 * 1024
"""Bytes. A token with a chain of four certificates has 8 KB."""
MAX_ROOTS = 512 * 1024
"""Bytes of PEM: a whole system's bundle has 220 KB."""


class StampFault(StrEnum):
    """Why there is no stamp."""

    SETTINGS = "settings"
    """The roots or the login cannot be read."""
    UNREACHABLE = "unreachable"
    LATE = "late"
    """No whole answer within the time."""
    REFUSED = "refused"
    """The authority said no."""
    WRONG_ANSWER = "wrong-answer"
    """It is no answer of a time stamping authority."""
    UNTRUSTED = "untrusted"
    """Its certificate does not lead to the roots, was not valid then, or its signature is wrong."""
    OTHER = "other"
    """It is of something else: another digest, nonce or policy."""
    MODULE = "module"
    """The package rfc3161-client is not installed here."""


class StampError(InputError):
    """There is no stamp; the message is for technicians."""

    def __init__(self, fault: StampFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What a token says: when (UTC), by whose certificate, its number and policy."""

    at: datetime
    authority: str
    serial: int
    policy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StampRequest:
    """The bytes for the authority, and the number that its answer must repeat."""

    data: bytes
    nonce: int


def stamp_request(message: bytes) -> StampRequest:
    """A request for the SHA-256 of the message, with a nonce, for an answer with certificates. Raises StampError."""
    with _library():
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415  verifying may lack it

        builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
        built = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        return StampRequest(data=built.as_bytes(), nonce=built.nonce or 0)


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """The certificates in a PEM file. Raises StampError for none, or what is no certificate."""
    if len(pem) > MAX_ROOTS:
        raise StampError(StampFault.SETTINGS, f"more than {MAX_ROOTS} bytes of certificates")
    try:
        return list(dict.fromkeys(x509.load_pem_x509_certificates(pem)))
    except ValueError as exc:
        raise StampError(StampFault.SETTINGS, f"no certificates in PEM: {_short(exc)}") from exc


def verify_stamp(
    answer: bytes, message: bytes, roots: list[x509.Certificate], nonce: int | None = None, policy: str | None = None
) -> Stamp:
    """What the answer (RFC 3161, DER) says of the message; certificates must have been valid at its time, and are not
    looked up for revocation. `nonce` and `policy` are demanded where given. Raises StampError."""
    if len(answer) > MAX_ANSWER:
        raise StampError(StampFault.WRONG_ANSWER, f"an answer of more than {MAX_ANSWER} bytes")
    with _library():
        from rfc3161_client import VerifierBuilder, decode_timestamp_response  # noqa: PLC0415

        found = decode_timestamp_response(whole := with_sorted_certificates(answer))
        if found.status != 0:
            raise StampError(StampFault.REFUSED, f"status {found.status}: {_short(' '.join(found.status_string))}")
        if found.as_bytes() != whole:
            raise StampError(StampFault.WRONG_ANSWER, "bytes beside the answer")
        info = found.tst_info
        _demand_same(info.message_imprint.message == hashlib.sha256(message).digest(), "digest")
        _demand_same(nonce is None or info.nonce == nonce, "nonce")
        _demand_same(policy is None or info.policy.dotted_string == policy, "policy")
        VerifierBuilder(roots=list(roots)).build().verify_message(found, message)
        return Stamp(
            at=info.gen_time.astimezone(UTC),
            authority=_signer(found.signed_data.signer_infos, found.signed_data.certificates),
            serial=info.serial_number,
            policy=info.policy.dotted_string,
        )


def _demand_same(is_same: bool, what: str) -> None:
    if not is_same:
        raise StampError(StampFault.OTHER, f"the stamp is of another {what}")


def _signer(infos: object, certificates: object) -> str:
    assert isinstance(infos, set)
    assert isinstance(certificates, set)
    (info,) = infos
    for each in map(x509.load_der_x509_certificate, certificates):
        if (each.issuer, each.serial_number) == (info.issuer, info.serial_number):
            return each.subject.rfc4514_string()[:200]
    return ""


@contextmanager
def _library() -> Iterator[None]:
    """Whatever it raises becomes a StampError. On odd bytes its Rust code may panic, which is no Exception."""
    try:
        yield
    except StampError:
        raise
    except ImportError as exc:
        raise StampError(StampFault.MODULE, f"time stamps need the package rfc3161-client ({exc.name})") from exc
    except Exception as exc:
        is_verdict = type(exc).__name__ == "VerificationError"
        fault = StampFault.UNTRUSTED if is_verdict else StampFault.WRONG_ANSWER
        raise StampError(fault, _short(exc) or type(exc).__name__) from exc
    except BaseException as exc:
        if type(exc).__name__ != "PanicException":
            raise
        raise StampError(StampFault.WRONG_ANSWER, "an answer that the library cannot take") from exc


def _short(text: object) -> str:
    return " ".join(str(text).split())[:200]
