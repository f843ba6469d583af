# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signatures of messages: what they cover, and what is no signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.contract.signature import PublicKey, SigningKey, read_claim, signed_bytes
from anpr.domain.errors import InputError, MessageError, PoisonReason

KEY = SigningKey.generate()
PUBLIC = "ed25519:A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
MESSAGE = ("anpr.images", b"a key", {"role": b"plate", "sha256": b"12"}, b"value")
Message = tuple[str, bytes, dict[str, bytes], bytes]


def is_by_key(message: Message, header: bytes) -> bool:
    return KEY.public.verifies(read_claim(header).signature, signed_bytes(*message))


def test_what_was_signed_once_is_verified_for_ever() -> None:
    public = PublicKey(PUBLIC)
    header = (
        b"1:56475aa75463474c0285df5dbf2bcab7:yRkPjucbD3sFS8lv9tFmhzSHE4ygtMvFV8AEN-"
        b"tUH-7p0nKzZXkpgDtf7rPQCTZwHS3sy4pCkF2WhXrVaV00DA"
    )
    assert public.fingerprint == read_claim(header).fingerprint
    assert public.verifies(read_claim(header).signature, signed_bytes(*MESSAGE))


def test_a_message_is_verified_by_the_public_key_alone() -> None:
    header = KEY.sign(*MESSAGE)
    assert read_claim(header).fingerprint == KEY.public.fingerprint
    assert PublicKey(KEY.public.text).verifies(read_claim(header).signature, signed_bytes(*MESSAGE))
    assert header.isascii()


@pytest.mark.parametrize(
    "other",
    [
        ("anpr.transits", *MESSAGE[1:]),
        (MESSAGE[0], b"another", *MESSAGE[2:]),
        (*MESSAGE[:2], {"role": b"context", "sha256": b"12"}, MESSAGE[3]),
        (*MESSAGE[:2], {"role": b"plate"}, MESSAGE[3]),
        (*MESSAGE[:2], {**MESSAGE[2], "more": b""}, MESSAGE[3]),
        (*MESSAGE[:2], {"rol": b"eplate", "sha256": b"12"}, MESSAGE[3]),
        (*MESSAGE[:3], b"valuf"),
    ],
    ids=["topic", "key", "header", "header gone", "header more", "border of a header", "value"],
)
def test_another_topic_key_header_or_value_is_not_what_was_signed(other: Message) -> None:
    assert not is_by_key(other, KEY.sign(*MESSAGE))


def test_headers_of_the_system_itself_are_not_covered() -> None:
    headers = {**MESSAGE[2], "anpr.reason": b"not-json", "anpr.signature": b"x"}
    assert is_by_key((*MESSAGE[:2], headers, MESSAGE[3]), KEY.sign(*MESSAGE))


messages = st.tuples(
    st.text(st.sampled_from("ab"), max_size=3),
    st.binary(max_size=3),
    st.dictionaries(st.text(st.sampled_from("ab"), max_size=2), st.binary(max_size=2), max_size=2),
    st.binary(max_size=2),
)


@given(messages, messages)
def test_no_two_messages_have_the_same_encoding(one: Message, other: Message) -> None:
    assert (signed_bytes(*one) == signed_bytes(*other)) == (one == other)


@given(st.integers(0, 511))
def test_a_signature_with_one_bit_changed_is_none(bit: int) -> None:
    claim = read_claim(KEY.sign(*MESSAGE))
    changed = (int.from_bytes(claim.signature) ^ (1 << bit)).to_bytes(64)
    assert not KEY.public.verifies(changed, signed_bytes(*MESSAGE))


@given(st.binary(max_size=200))
def test_what_is_no_header_is_refused_with_a_reason(header: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        read_claim(header)
    assert caught.value.reason is PoisonReason.WRONG_SIGNATURE


@pytest.mark.parametrize("text", ["", "ed25519:", PUBLIC[:-1], PUBLIC + "=", PUBLIC.upper(), "rsa:" + "A" * 43])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a public key"):
        PublicKey(text)


def test_a_private_key_survives_its_file_and_is_never_told() -> None:
    again = SigningKey.from_pem(KEY.to_pem())
    assert again.public == KEY.public
    broken = KEY.to_pem().replace("PRIVATE", "PUBLIC")
    with pytest.raises(InputError, match="expected an Ed25519 private key") as caught:
        SigningKey.from_pem(broken)
    assert broken.splitlines()[1] not in str(caught.value)
