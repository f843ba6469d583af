# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys of a push subscription (RFC 8291): looked at where a phone registers, and used where a message is encrypted."""

from cryptography.hazmat.primitives.asymmetric import ec

from anpr.domain.errors import InputError

AUTH_BYTES = 16
POINT_BYTES = 65
"""A point of P-256, uncompressed."""


def public_point(key: bytes) -> ec.EllipticCurvePublicKey:
    """The device's public key. Raises InputError when it is not a point of P-256."""
    if len(key) != POINT_BYTES or key[0] != 4:
        raise InputError("push key: not a point of P-256")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise InputError("push key: not a point of P-256") from None


def check_keys(device_key: bytes, auth: bytes) -> None:
    """What a browser says of its subscription. Raises InputError."""
    public_point(device_key)
    if len(auth) != AUTH_BYTES:
        raise InputError("push secret: not 16 bytes")
