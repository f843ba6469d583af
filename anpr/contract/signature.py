# SPDX-License-Identifier: AGPL-3.0-or-later
"""Digital signature of a message (Ed25519, RFC 8032): what is signed, and the header that carries the signature.

Signed are topic (without the site's prefix), key, headers and the value's SHA-256, each behind its length, so that no
two messages have the same encoding. Headers named `anpr.…` are left out: one is the signature, and a dead letter has
others.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from anpr.domain.errors import InputError, MessageError, PoisonReason

SIGNATURE_HEADER = "anpr.signature"
_OURS = "anpr."
_DOMAIN = b"anpr message signature 1"
"""Told apart from everything else that is ever signed with such a key."""
_HEADER = re.compile(rb"1:([0-9a-f]{32}):([A-Za-z0-9_-]{86})")
_PUBLIC = re.compile(r"ed25519:([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signature header says: by which key, and the signature (64 bytes)."""

    fingerprint: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a reader's key. `text` is its one form in writing: ed25519: and 43 characters of base64url."""

    text: str
    fingerprint: str = field(init=False)
    """128 bits of the key's SHA-256: 32 hex digits, by which people and messages name it."""
    _key: Ed25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = _PUBLIC.fullmatch(self.text)
        raw = _decoded(found[1]) if found else b""
        if not raw or self.text != _written(raw):
            raise InputError("expected a public key as `anpr key show` prints it: ed25519: and 43 characters")
        object.__setattr__(self, "fingerprint", hashlib.sha256(raw).hexdigest()[:32])
        object.__setattr__(self, "_key", Ed25519PublicKey.from_public_bytes(raw))

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key's owner signed exactly these bytes."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """The private half, which never leaves the reader's machine."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(_written(key.public_key().public_bytes_raw()))

    @classmethod
    def generate(cls) -> Self:
        """A new key, from the system's random numbers."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """The key in this PEM file (PKCS 8, without a password). Raises InputError, which never shows the text."""
        try:
            key = load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise InputError("expected an Ed25519 private key in PEM without a password, as `anpr key new` makes it")
        return cls(key)

    def to_pem(self) -> str:
        """The key for its file (PKCS 8, without a password)."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def sign_bytes(self, data: bytes) -> bytes:
        """The signature of exactly these bytes (64 bytes), which begin with what they are signed as."""
        return self._key.sign(data)

    def sign(self, topic: str, key: bytes, headers: Mapping[str, bytes], value: bytes) -> bytes:
        """The value of the signature header for this message."""
        signature = self._key.sign(signed_bytes(topic, key, headers, value))
        return f"1:{self.public.fingerprint}:{_encoded(signature)}".encode()


def signed_bytes(topic: str, key: bytes, headers: Mapping[str, bytes], value: bytes) -> bytes:
    """The one encoding of a message that is signed: another topic, key, header or value gives other bytes."""
    covered = sorted((_text(name), content) for name, content in headers.items() if not name.startswith(_OURS))
    parts = [_DOMAIN, _text(topic), key, *chain.from_iterable(covered), hashlib.sha256(value).digest()]
    return b"".join([len(part).to_bytes(4) + part for part in parts])


def read_claim(header: bytes) -> Claim:
    """What the header says. Raises MessageError (wrong-signature) for one that is not of version 1."""
    found = _HEADER.fullmatch(header)
    if found is None:
        raise MessageError(PoisonReason.WRONG_SIGNATURE, f"{SIGNATURE_HEADER}: not a signature of version 1")
    return Claim(found[1].decode(), _decoded(found[2].decode()))


def demand_signature(public: PublicKey, header: bytes | None, topic: str, key: bytes, value: bytes) -> None:
    """Raises MessageError (unsigned, wrong-signature) unless this key signed a message without other headers."""
    if header is None:
        raise MessageError(PoisonReason.UNSIGNED, "it is not signed")
    claim = read_claim(header)
    if claim.fingerprint != public.fingerprint:
        why = f"signed by the unknown key {claim.fingerprint}; the known one is {public.fingerprint}"
        raise MessageError(PoisonReason.WRONG_SIGNATURE, why)
    if not public.verifies(claim.signature, signed_bytes(topic, key, {}, value)):
        raise MessageError(PoisonReason.WRONG_SIGNATURE, "the signature is that of other content")


def _text(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _written(raw: bytes) -> str:
    return f"ed25519:{_encoded(raw)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
