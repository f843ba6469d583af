# SPDX-License-Identifier: AGPL-3.0-or-later
"""Message encryption for Web Push (RFC 8291): one aes128gcm record (RFC 8188) that only the device can read.

ECDH, HKDF and AES-GCM are those of the library `cryptography`; what is here is their order, which RFC 8291 sets and its
example tests. The libraries that do the same bring two HTTP clients with them.
"""

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anpr.domain.errors import InputError
from anpr.runtime.push_keys import AUTH_BYTES, public_point

MOST_BYTES = 3052
"""Of a payload, with `PADDED_TO` below the 4096 bytes that every push service takes (RFC 8030, 7.2)."""
PADDED_TO = 512
"""Payloads are filled up to a multiple of it: their length says nothing of what is in them."""
_SALT_BYTES = 16
_RECORD_SIZE = 4096
_LAST = b"\x02"


def encrypt(
    payload: bytes,
    device_key: bytes,
    auth: bytes,
    *,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
    padded_to: int = PADDED_TO,
) -> bytes:
    """The body of a push request. `device_key` and `auth` are the subscription's `p256dh` and `auth`; `sender` and
    `salt` are new for each message, unless a test gives them. Raises InputError."""
    if len(payload) > MOST_BYTES:
        raise InputError(f"push message: {len(payload)} bytes, at most {MOST_BYTES}")
    if len(auth) != AUTH_BYTES:
        raise InputError("push secret: not 16 bytes")
    device = public_point(device_key)
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(_SALT_BYTES)
    own = sender.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key, nonce = _derive(sender.exchange(ec.ECDH(), device), auth, device_key, own, salt)
    filled = -(-(len(payload) + 1) // padded_to) * padded_to if padded_to else len(payload) + 1
    record = payload + _LAST + bytes(filled - len(payload) - 1)
    header = salt + struct.pack("!LB", _RECORD_SIZE, len(own)) + own
    return header + AESGCM(key).encrypt(nonce, record, None)


def decrypt(body: bytes, device: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What a device does with it. Raises InputError when it is not for this device."""
    salt, own_length = body[:_SALT_BYTES], body[_SALT_BYTES + 4]
    start = _SALT_BYTES + 5 + own_length
    sender = body[_SALT_BYTES + 5 : start]
    point = device.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key, nonce = _derive(device.exchange(ec.ECDH(), public_point(sender)), auth, point, sender, salt)
    try:
        record = AESGCM(key).decrypt(nonce, body[start:], None).rstrip(b"\0")
    except InvalidTag:
        raise InputError("push message: not for this device") from None
    if not record.endswith(_LAST):
        raise InputError("push message: not a last record")
    return record[:-1]


def _derive(shared: bytes, auth: bytes, device: bytes, sender: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Content encryption key and nonce (RFC 8291, 3.4)."""
    keying = _hkdf(auth, shared, b"WebPush: info\0" + device + sender, 32)
    return (
        _hkdf(salt, keying, b"Content-Encoding: aes128gcm\0", 16),
        _hkdf(salt, keying, b"Content-Encoding: nonce\0", 12),
    )


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
