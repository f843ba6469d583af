# SPDX-License-Identifier: AGPL-3.0-or-later
"""One suite over every channel, each with a real server with TLS: SMTP, HTTPS, MQTT, an SMS gateway, a push service."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from anpr.domain.notification import ChannelKind
from anpr.notify.channels.base import Message, Refused, Sent, TryAgain
from anpr.notify.channels.open import open_channel
from anpr.runtime.clock import ManualClock
from anpr.settings import Settings
from scripts.lab.ports import free_ports
from scripts.lab.transits import START
from tests.support.notify_channels import WAYS, Way
from tests.support.waiting import eventually

MESSAGE = Message(
    id="anpr-notification-7-1795255200000",
    type="it.anpr.alarm.raised",
    at=START,
    subject="Allarme, priorità alta – città",
    text="Allarme.\nVarco: città",
    short="Allarme.\nVarco: città",
    link="https://console.comune.example/alarms?alarm=7",
    data={"alarm": 7, "priority": "high", "gate_name": "città"},
)


@pytest.fixture(params=list(ChannelKind), ids=str)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    with WAYS[request.param](tmp_path) as found:
        yield found


def test_the_suite_runs_over_every_channel() -> None:
    assert set(WAYS) == set(ChannelKind)


def test_a_message_arrives_with_its_id_and_a_repeat_has_the_same(way: Way) -> None:
    channel = way.channel()
    try:
        for _ in range(2):
            assert channel.send(way.recipient, MESSAGE) == Sent()
        assert channel.send(way.recipient, replace(MESSAGE, id="another")) == Sent()
    finally:
        channel.close()
        channel.close()
    eventually(lambda: len(way.taken()) == 3)
    assert [number for number, _ in way.taken()] == [MESSAGE.id, MESSAGE.id, "another"]
    assert "città" in way.taken()[0][1]


def test_where_nobody_listens_everything_waits(way: Way) -> None:
    settings = way.elsewhere or way.settings
    recipient = way.recipient
    if not way.elsewhere:
        recipient = replace(recipient, address=f"https://127.0.0.1:{free_ports(1)[0]}/")
    channel = way.channel(settings)
    outcome = channel.send(recipient, MESSAGE)
    channel.close()
    assert isinstance(outcome, TryAgain)
    assert outcome.all_wait
    assert "efused" in outcome.reason or "connect" in outcome.reason.lower()
    assert way.taken() == []


def test_a_certificate_of_somebody_else_gets_nothing(way: Way) -> None:
    channel = way.channel(way.untrusted)
    outcome = channel.send(way.recipient, MESSAGE)
    channel.close()
    assert isinstance(outcome, TryAgain)
    assert outcome.all_wait
    assert "certificate" in outcome.reason.lower()
    assert way.taken() == []


def test_what_is_refused_for_good_says_why_without_telling_more(way: Way) -> None:
    recipient = way.refuse()
    channel = way.channel()
    outcome = channel.send(recipient, MESSAGE)
    channel.close()
    assert isinstance(outcome, Refused)
    for secret in ("segreto", "AB123CD", "chiave", recipient.address, "+39055"):
        assert secret not in outcome.reason


def test_one_that_is_busy_is_tried_again_and_holds_up_nothing_else(way: Way) -> None:
    if way.busy is None:
        pytest.skip(f"the server of {way.kind} is never busy for one message")
    way.busy()
    channel = way.channel()
    outcome = channel.send(way.recipient, MESSAGE)
    channel.close()
    assert isinstance(outcome, TryAgain)
    assert not outcome.all_wait


def test_a_missing_secret_keeps_everything_waiting(way: Way) -> None:
    if not (way.folder / "secret").exists():
        pytest.skip(f"{way.kind} has no secret besides its key, which it makes")
    (way.folder / "secret").unlink()
    channel = way.channel()
    outcome = channel.send(way.recipient, MESSAGE)
    channel.close()
    assert isinstance(outcome, TryAgain)
    assert outcome.all_wait
    assert "secret_file" in outcome.reason


@pytest.mark.parametrize("kind", list(ChannelKind), ids=str)
def test_a_channel_that_is_not_set_up_refuses_and_names_the_key(kind: ChannelKind, tmp_path: Path) -> None:
    channel = open_channel(kind, Settings(data_dir=tmp_path), ManualClock(START))
    with WAYS[ChannelKind.SMS](tmp_path) as way:
        outcome = channel.send(way.recipient, MESSAGE)
    assert isinstance(outcome, Refused)
    assert "is not set" in outcome.reason
