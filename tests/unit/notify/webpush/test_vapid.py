# SPDX-License-Identifier: AGPL-3.0-or-later
"""The site's key for push services, and its tokens."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey

from anpr.domain.errors import SettingsError
from anpr.domain.url_base64 import from_url_base64, to_url_base64
from anpr.notify.webpush.vapid import load_vapid_key
from scripts.lab.transits import START


def _verifier(public: str) -> ECKey:
    point = from_url_base64(public)
    return ECKey.import_key(
        {"kty": "EC", "crv": "P-256", "x": to_url_base64(point[1:33]), "y": to_url_base64(point[33:])}
    )


def test_the_key_is_made_once_and_for_its_user_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "web-push-key"
    key = load_vapid_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_vapid_key(path).public == key.public
    assert [each.name for each in path.parent.iterdir()] == ["web-push-key"], "no draft is left"
    assert len(from_url_base64(key.public)) == 65


def test_a_token_names_the_service_the_contact_and_its_end_and_verifies(tmp_path: Path) -> None:
    key = load_vapid_key(tmp_path / "key")
    header = key.authorization("https://push.example.net", "mailto:ced@comune.example.it", START)
    scheme, _, rest = header.partition(" ")
    token, public = (part.strip().partition("=")[2] for part in rest.split(","))
    assert (scheme, public) == ("vapid", key.public)
    read = jwt.decode(token, _verifier(public), algorithms=["ES256"])
    assert read.claims == {
        "aud": "https://push.example.net",
        "sub": "mailto:ced@comune.example.it",
        "exp": int((START + timedelta(hours=12)).timestamp()),
    }
    with pytest.raises(BadSignatureError):
        jwt.decode(token, _verifier(load_vapid_key(tmp_path / "other").public), algorithms=["ES256"])


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    load_vapid_key(path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match=r"others may read.*chmod 600"):
        load_vapid_key(path)


def test_what_is_no_key_of_this_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("hello")
    os.chmod(path, 0o600)
    with pytest.raises(SettingsError, match="not a PEM key"):
        load_vapid_key(path)
    other = ec.generate_private_key(ec.SECP384R1())
    path.write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with pytest.raises(SettingsError, match="not a key of P-256"):
        load_vapid_key(path)
