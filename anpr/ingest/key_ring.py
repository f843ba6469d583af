# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signature verification: holds each message against the keys that are enrolled for readers.

A reader that ever had a key must sign: whoever writes to the broker in its name without one is refused. Of another
reader a signature by an unknown key says as little as none, so that a reader may sign before its key is enrolled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anpr.contract.signature import SIGNATURE_HEADER, read_claim, signed_bytes
from anpr.domain.errors import MessageError, PoisonReason, WrongSignerError
from anpr.domain.signature import Signature
from anpr.store.reader_keys import EnrolledKey
from anpr.transport.source import Incoming


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a message is from, as far as somebody vouches for it."""

    signature: Signature
    signer: str | None = None
    """The reader whose key signed it."""


LOCAL = Origin(signature=Signature.LOCAL)
UNSIGNED = Origin(signature=Signature.UNSIGNED)


@dataclass(frozen=True, slots=True)
class _Known:
    enrolled: EnrolledKey
    origin: Origin


class KeyRing:
    """The keys of all readers, and whether unsigned messages are stored. `replace` may run in another thread."""

    def __init__(self, keys: Iterable[EnrolledKey] = (), *, allow_unsigned: bool = True) -> None:
        self._allow_unsigned = allow_unsigned
        self._known: dict[str, _Known] = {}
        self._readers: frozenset[str] = frozenset()
        self.replace(keys)

    def replace(self, keys: Iterable[EnrolledKey]) -> None:
        """From now on these are all keys, with the revoked ones."""
        known = {key.fingerprint: _Known(key, Origin(signature=Signature.SIGNED, signer=key.reader_id)) for key in keys}
        self._known, self._readers = known, frozenset(each.enrolled.reader_id for each in known.values())

    def must_sign(self, reader_id: str) -> bool:
        """Whether this reader has, or had, a key."""
        return reader_id in self._readers

    @property
    def is_empty(self) -> bool:
        """Whether no reader must sign."""
        return not self._readers

    def origin(self, record: Incoming, readers: Sequence[str]) -> Origin:
        """Who vouches for this message, which speaks for these readers (an image for none).

        Raises MessageError: unsigned, or wrong-signature; WrongSignerError where a reader signed what it may not.
        """
        header = record.headers.get(SIGNATURE_HEADER)
        if header is None:
            return self._unsigned(readers)
        claim = read_claim(header)
        known = self._known.get(claim.fingerprint)
        if known is None:
            return self._unknown(claim.fingerprint, readers)
        message = signed_bytes(record.topic, record.key, record.headers, record.value)
        if not known.enrolled.key.verifies(claim.signature, message):
            detail = f"not what the key {claim.fingerprint} of reader {known.enrolled.reader_id} signed"
            raise MessageError(PoisonReason.WRONG_SIGNATURE, detail)
        _check_signer(known.enrolled, readers)
        return known.origin

    def _unsigned(self, readers: Sequence[str]) -> Origin:
        for reader_id in readers:
            if self.must_sign(reader_id):
                raise MessageError(PoisonReason.UNSIGNED, f"reader {reader_id} has a key and must sign")
        if not self._allow_unsigned:
            raise MessageError(PoisonReason.UNSIGNED, "without a signature (ingest.unsigned: refuse)")
        return UNSIGNED

    def _unknown(self, fingerprint: str, readers: Sequence[str]) -> Origin:
        if any(self.must_sign(reader_id) for reader_id in readers) or not self._allow_unsigned:
            raise MessageError(PoisonReason.WRONG_SIGNATURE, f"the key {fingerprint} is not enrolled")
        return UNSIGNED


def _check_signer(key: EnrolledKey, readers: Sequence[str]) -> None:
    if key.revoked_at is not None:
        raise WrongSignerError(key.reader_id, f"the key {key.fingerprint} of reader {key.reader_id} is revoked")
    for reader_id in readers:
        if reader_id != key.reader_id:
            raise WrongSignerError(key.reader_id, f"signed by reader {key.reader_id} in the name of reader {reader_id}")
