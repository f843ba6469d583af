# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encryption of push messages, held against the worked example of RFC 8291."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anpr.domain.errors import InputError
from anpr.domain.url_base64 import from_url_base64, to_url_base64
from anpr.notify.webpush.encryption import MOST_BYTES, decrypt, encrypt
from anpr.runtime.push_keys import public_point

# RFC 8291, section 5 and appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
DEVICE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
DEVICE_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_url_base64(text)), ec.SECP256R1())


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_the_example_of_the_standard_comes_out_byte_for_byte() -> None:
    body = encrypt(
        TEXT,
        from_url_base64(DEVICE_KEY),
        from_url_base64(AUTH),
        sender=_private(SENDER),
        salt=from_url_base64(SALT),
        padded_to=0,
    )
    assert to_url_base64(body) == BODY
    assert decrypt(body, _private(DEVICE), from_url_base64(AUTH)) == TEXT


def test_a_message_is_read_by_its_device_only_and_its_length_tells_nothing() -> None:
    device, other, auth = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1()), bytes(16)
    short, long = (encrypt(text, _point(device), auth) for text in (b"a", b"b" * 300))
    assert len(short) == len(long)
    assert decrypt(long, device, auth) == b"b" * 300
    with pytest.raises(InputError, match="not for this device"):
        decrypt(short, other, auth)
    with pytest.raises(InputError, match="not for this device"):
        decrypt(short, device, b"x" * 16)
    assert encrypt(b"a", _point(device), auth) != short, "sender's key and salt are new each time"
    assert len(encrypt(b"x" * MOST_BYTES, _point(device), auth)) <= 4096


@pytest.mark.parametrize("key", [b"", bytes(65), b"\x04" + bytes(64), b"\x02" + bytes(32)])
def test_a_key_that_is_no_point_is_refused(key: bytes) -> None:
    with pytest.raises(InputError, match="not a point"):
        public_point(key)


def test_what_is_too_long_or_has_a_wrong_secret_is_refused() -> None:
    point = _point(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(InputError, match="at most"):
        encrypt(b"x" * (MOST_BYTES + 1), point, bytes(16))
    with pytest.raises(InputError, match="16 bytes"):
        encrypt(b"x", point, bytes(12))
