# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time stamps with real tokens of OpenSSL: good ones, those of something else, and garbage."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.evidence.authority import TimeStampAuthority, open_authority
from anpr.evidence.stamp import StampError, StampFault, read_roots, stamp_request, verify_stamp
from anpr.settings.evidence import TimeStampSettings
from scripts.lab.ports import free_ports
from tests.support.budget import examples
from tests.support.time_stamper import POLICY, TimeStamper, make_authority, time_stamper

MESSAGE = b"a signature"


@pytest.fixture(scope="module")
def stamper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStamper]:
    with time_stamper(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture(scope="module")
def token(stamper: TimeStamper) -> bytes:
    return stamper.reply(stamp_request(MESSAGE).data)


@pytest.fixture(autouse=True)
def _as_it_was(stamper: TimeStamper) -> Iterator[None]:
    yield
    stamper.instead, stamper.status, stamper.kind = None, 200, "application/timestamp-reply"


def authority(stamper: TimeStamper, **changes: object) -> TimeStampAuthority:
    found = open_authority(TimeStampSettings.model_validate({**stamper.settings, **changes}))
    assert found is not None
    return found


def fault_of(asked: TimeStampAuthority) -> StampFault:
    with pytest.raises(StampError) as caught:
        asked.stamp(MESSAGE)
    return caught.value.fault


def test_a_real_stamp_tells_when_by_whom_and_which(stamper: TimeStamper) -> None:
    answer, stamp = authority(stamper, policy=POLICY).stamp(MESSAGE)
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert (stamp.authority, stamp.policy) == ("CN=Prova TSA", POLICY)
    assert verify_stamp(answer, MESSAGE, read_roots(stamper.ca_file.read_bytes())) == stamp
    assert MESSAGE not in stamper.asked[-1]  # its digest alone


def test_a_stamp_of_something_else_is_refused(stamper: TimeStamper, token: bytes) -> None:
    stamper.instead = lambda _: token
    assert fault_of(authority(stamper)) is StampFault.OTHER  # an old answer: its nonce
    with pytest.raises(StampError, match="another digest"):
        verify_stamp(token, b"another", read_roots(stamper.ca_file.read_bytes()))


def test_another_policy_than_the_settings_demand_is_refused(stamper: TimeStamper) -> None:
    assert fault_of(authority(stamper, policy="1.2.3.9")) is StampFault.OTHER


def test_a_root_that_did_not_sign_it_is_not_enough(stamper: TimeStamper, tmp_path: Path) -> None:
    make_authority(tmp_path / "other")
    assert fault_of(authority(stamper, ca_file=str(tmp_path / "other" / "ca.pem"))) is StampFault.UNTRUSTED


@pytest.mark.parametrize("days", [(-20, -10), (10, 20)], ids=["expired", "not-yet"])
def test_a_certificate_must_be_valid_when_it_stamps(tmp_path: Path, days: tuple[int, int]) -> None:
    make_authority(tmp_path / "tsa", valid=(timedelta(days=days[0]), timedelta(days=days[1])))
    with time_stamper(tmp_path / "tsa") as stamper:
        assert fault_of(authority(stamper)) is StampFault.UNTRUSTED


def test_a_certificate_for_something_else_stamps_nothing(tmp_path: Path) -> None:
    make_authority(tmp_path / "web", is_for_time=False)
    with time_stamper(tmp_path / "web") as other:
        # OpenSSL itself refuses to stamp with it: the server breaks the connection.
        assert fault_of(authority(other)) in {StampFault.UNREACHABLE, StampFault.UNTRUSTED, StampFault.REFUSED}


def test_an_authority_that_says_no_is_told_as_such(stamper: TimeStamper) -> None:
    stamper.instead = lambda _: bytes.fromhex("30053003020102")  # PKIStatus 2: rejection
    assert fault_of(authority(stamper)) is StampFault.REFUSED
    stamper.instead, stamper.status = None, 503
    assert fault_of(authority(stamper)) is StampFault.REFUSED


def test_what_is_no_answer_is_told_as_such(stamper: TimeStamper) -> None:
    for garbage in (b"", b"<html>", bytes(70_000), b"\x30\x80" + bytes(100)):
        stamper.instead = lambda _, garbage=garbage: garbage
        assert fault_of(authority(stamper)) is StampFault.WRONG_ANSWER
    stamper.instead, stamper.kind = None, "text/html"
    assert fault_of(authority(stamper)) is StampFault.WRONG_ANSWER


def test_nobody_there_and_nobody_in_time_are_told_apart(stamper: TimeStamper) -> None:
    assert fault_of(authority(stamper, url=f"http://127.0.0.1:{free_ports(1)[0]}/tsr")) is StampFault.UNREACHABLE
    assert fault_of(authority(stamper, timeout_s=0.001)) is StampFault.LATE


def test_the_login_goes_along_by_https_only(stamper: TimeStamper, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("segreto\n")
    with pytest.raises(ValueError, match="needs https"):
        authority(stamper, user="comune", secret_file=str(tmp_path / "secret"))


@pytest.mark.parametrize("text", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_roots_that_are_none_are_told(stamper: TimeStamper, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "ca.pem").write_bytes(text)
    with pytest.raises(StampError) as caught:
        authority(stamper, ca_file=str(tmp_path / "ca.pem"))
    assert caught.value.fault is StampFault.SETTINGS


@settings(max_examples=examples(400))
@given(data=st.data())
def test_no_change_of_a_token_passes_or_raises_anything_else(
    stamper: TimeStamper, token: bytes, data: st.DataObject
) -> None:
    changed, roots = bytearray(token), read_roots(stamper.ca_file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] ^= data.draw(st.integers(1, 255))
    answer = bytes(changed[: data.draw(st.integers(len(changed) // 2, len(changed)))])
    expected = verify_stamp(token, MESSAGE, roots)
    try:
        found = verify_stamp(answer, MESSAGE, roots)
    except StampError:
        return
    assert (found.at, found.serial) == (expected.at, expected.serial)  # what is not signed says nothing


@settings(max_examples=examples(200))
@given(garbage=st.binary(max_size=400))
def test_garbage_is_refused(stamper: TimeStamper, garbage: bytes) -> None:
    with pytest.raises(StampError):
        verify_stamp(garbage, MESSAGE, read_roots(stamper.ca_file.read_bytes()))


def test_every_cut_token_is_refused(stamper: TimeStamper, token: bytes) -> None:
    roots = read_roots(stamper.ca_file.read_bytes())
    for size in random.Random(7).sample(range(len(token)), 100):
        with pytest.raises(StampError):
            verify_stamp(token[:size], MESSAGE, roots)
