# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files as attachments of mails: to all recipients or none, encrypted or not at all, and the same mail at each try."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.runs import run_day
from anpr.forward.transport import open_transport
from anpr.forward.transport.smtp import mail_with
from anpr.runtime.clock import ManualClock
from anpr.settings import DestinationSettings
from anpr.settings.forwarding.smtp import SmtpTarget
from anpr.store.database.connection import Database
from scripts.lab.certificates import Authority
from scripts.lab.mail_server import MailServer, mail_server
from tests.support.forward_targets import destination, mail_keys
from tests.support.forwarding import DAY, Site, transits


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture(params=["starttls", "tls"])
def server(authority: Authority, request: pytest.FixtureRequest) -> Iterator[MailServer]:
    with mail_server(authority, authority.issue("posta", "127.0.0.1"), security=request.param) as server:
        yield server


@pytest.fixture
def keys(server: MailServer, authority: Authority, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    found = mail_keys(server, tmp_path / "secret", authority)
    if request.node.callspec.params["server"] == "tls":  # that one asks for no login
        return {**found, "security": "tls", "user": None, "secret_file": None}
    return found


def send(settings: DestinationSettings, data: bytes = b"<a>\nCitt\xc3\xa0</a>") -> None:
    with open_transport(settings) as transport:
        transport.send("T_1.xml", data)


def test_a_file_is_attached_byte_for_byte(server: MailServer, keys: dict[str, Any]) -> None:
    settings = destination({**keys, "subject": "Transiti {stem}", "text": "{size} byte"})
    send(settings)
    send(settings)
    first, second = server.taken
    (attached,) = first.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("T_1.xml", b"<a>\nCitt\xc3\xa0</a>")
    body = first.get_body()
    assert body is not None
    assert (first["Subject"], body.get_content().strip()) == ("Transiti T_1", "14 byte")
    assert first["Message-ID"] == second["Message-ID"]
    assert server.envelopes[0] == (keys["sender"], keys["to"])
    assert all(server.encrypted)


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such mailbox", True), ("450 later", False)])
def test_a_recipient_that_is_refused_keeps_the_file_from_all(
    server: MailServer, keys: dict[str, Any], answer: str, permanent: bool
) -> None:
    refused = keys["to"][1]
    server.refused[refused] = answer
    with open_transport(destination(keys)) as transport:
        with pytest.raises(ForwardError, match=f"T_1.xml: refuses {refused}: {answer}") as caught:
            transport.send("T_1.xml", b"data")
        assert (caught.value.permanent, server.taken) == (permanent, [])
        server.refused.clear()
        transport.send("T_1.xml", b"data")
    assert len(server.taken) == 1


def test_a_file_beyond_what_the_server_takes_is_not_sent(server: MailServer, keys: dict[str, Any]) -> None:
    with pytest.raises(ForwardError, match=r"T_1\.xml: \d+ bytes, the server takes 33554432") as caught:
        send(destination(keys), bytes(30 * 1024 * 1024))
    assert (caught.value.permanent, server.taken) == (True, [])


def test_a_mail_that_was_taken_is_no_acceptance(
    server: MailServer, keys: dict[str, Any], database: Database, tmp_path: Path
) -> None:
    site = Site(database, tmp_path)
    site.profile = {"transports": ["smtp"], "answers": {"kind": "reply"}}
    site.destination = {"target": {name: value for name, value in keys.items() if value is not None}}
    site.store(transits(4))
    assert run_day(site.job(), DAY).days[0].sent == 4
    assert site.states() == {"sent": 4}
    assert len(server.taken) == 2


def test_a_wrong_login_is_told_without_it(authority: Authority, tmp_path: Path) -> None:
    with mail_server(authority, authority.issue("posta", "127.0.0.1")) as server:
        keys = mail_keys(server, tmp_path / "secret", authority)
        (tmp_path / "secret").write_text("sbagliata")
        with pytest.raises(ForwardError, match=r"refuses the login of anpr \(535\)") as caught:
            send(destination(keys))
        assert (caught.value.permanent, "sbagliata" in str(caught.value)) == (True, False)


def test_a_login_beyond_ascii_is_refused_before_it_ends_the_forwarder(authority: Authority, tmp_path: Path) -> None:
    with mail_server(authority, authority.issue("posta", "127.0.0.1")) as server:
        keys = mail_keys(server, tmp_path / "secret", authority)
        (tmp_path / "secret").write_text("perché", encoding="utf-8")
        with pytest.raises(ForwardError, match="letters of ASCII only") as caught:
            send(destination(keys))
        assert (caught.value.permanent, "perch" in str(caught.value)) == (True, False)


def test_the_date_of_a_mail_is_the_clocks(clock: ManualClock) -> None:
    target = destination({"kind": "smtp", "host": "posta.example", "sender": "a@example.it", "to": ["b@example.it"]})
    assert isinstance(target.target, SmtpTarget)
    message = mail_with(target.target, "T_1.xml", b"<a/>", clock.now())
    assert parsedate_to_datetime(message["Date"]) == clock.now().replace(microsecond=0)


def test_a_server_without_encryption_gets_nothing(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue("posta", "127.0.0.1")
    with mail_server(authority, issued, security="plain") as server:
        with pytest.raises(ForwardError, match="STARTTLS") as caught:
            send(destination(mail_keys(server, tmp_path / "secret", authority)))
        assert (caught.value.permanent, server.taken) == (True, [])
