# SPDX-License-Identifier: AGPL-3.0-or-later
"""One suite over every registered transport, each to a real server; and one over what TLS must refuse."""

import base64
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import Receipt, open_transport
from anpr.settings import DestinationSettings
from anpr.settings.forwarding.targets import TRANSPORT_KINDS
from anpr.tls.context import pin_of
from scripts.lab.certificates import Authority, Issued
from tests.support.forward_targets import REPLYING, TLS_WAYS, WAYS, Way

BIG = bytes(range(256)) * 20_000  # 5 MB


@pytest.fixture(params=WAYS, ids=lambda way: way[1])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    with WAYS[request.param](request, tmp_path) as found:
        yield found


def test_the_suite_runs_over_every_registered_transport() -> None:
    assert {kind for kind, _ in WAYS} == set(TRANSPORT_KINDS)


@pytest.fixture(params=[key for key in WAYS if key[0] not in REPLYING], ids=lambda way: way[1])
def folder_way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    with WAYS[request.param](request, tmp_path) as found:
        yield found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_nothing_else(way: Way) -> None:
    settings, folder = way.settings, way.folder
    with open_transport(settings) as transport:
        transport.send("T_1.xml", "Città".encode())
        transport.send("T_2.xml", BIG)
        transport.send("T_3.xml", b"")
    assert names(folder) == ["T_1.xml", "T_2.xml", "T_3.xml"]
    assert (folder / "T_1.xml").read_bytes().decode() == "Città"
    assert (folder / "T_2.xml").read_bytes() == BIG
    assert (folder / "T_3.xml").read_bytes() == b""


def test_a_file_sent_again_takes_the_place_of_the_old_one(way: Way) -> None:
    settings, folder = way.settings, way.folder
    for data in (BIG, b"short"):
        with open_transport(settings) as transport:
            transport.send("T_1.xml", data)
    assert names(folder) == ["T_1.xml"]
    assert (folder / "T_1.xml").read_bytes() == b"short"


def test_what_a_killed_run_left_behind_is_overwritten(folder_way: Way) -> None:
    settings, folder = folder_way.settings, folder_way.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".T_1.xml.part").write_bytes(BIG)
    with open_transport(settings) as transport:
        transport.send("T_1.xml", b"new")
    assert names(folder) == ["T_1.xml"]
    assert (folder / "T_1.xml").read_bytes() == b"new"


def test_a_receipt_is_fetched_or_is_not_there(folder_way: Way) -> None:
    settings, folder = folder_way.settings, folder_way.folder
    with open_transport(settings) as transport:
        assert transport.fetch("T_1.esito") is None
        (folder / "T_1.esito").write_bytes(b"*;OK\n")
        assert transport.fetch("T_1.esito") == Receipt(name="T_1.esito", data=b"*;OK\n")


def test_a_receipt_beyond_all_measure_is_not_read(folder_way: Way) -> None:
    settings, folder = folder_way.settings, folder_way.folder
    with open_transport(settings) as transport:
        with (folder / "T_1.esito").open("wb") as file:
            file.truncate(17 * 1024 * 1024)
        receipt = transport.fetch("T_1.esito")
    assert receipt is not None
    assert not receipt.data
    assert "more than 16777216 bytes" in (receipt.unread or "")


def test_a_name_that_a_folder_has_is_refused(folder_way: Way) -> None:
    settings, folder = folder_way.settings, folder_way.folder
    with open_transport(settings) as transport:
        (folder / "T_1.xml" / "inside").mkdir(parents=True)
        with pytest.raises(ForwardError, match=r"T_1\.xml"):
            transport.send("T_1.xml", b"data")


def test_each_file_has_a_receipt_that_accepts_nothing_by_itself(way: Way) -> None:
    with open_transport(way.settings) as transport:
        receipt = transport.send("T_1.xml", b"data")
        assert receipt.status in ("", "200")
        assert not receipt.data
        assert transport.fetch("T_9.esito") is None


@pytest.fixture(params=TLS_WAYS)
def over_tls(request: pytest.FixtureRequest) -> Callable[[Path, Issued | None], AbstractContextManager[Way]]:
    return TLS_WAYS[request.param]


OverTls = Callable[[Path, Issued | None], AbstractContextManager[Way]]


def test_a_server_whose_key_is_pinned_gets_the_file(over_tls: OverTls, tmp_path: Path) -> None:
    issued = Authority(tmp_path, "other").issue("pinned", "127.0.0.1")
    pin = pin_of(ssl.PEM_cert_to_DER_cert(issued.certificate.read_text()))
    other = base64.b64encode(bytes(32)).decode()
    with over_tls(tmp_path, issued) as way:
        trusted = {"ca_file": tmp_path / "other.pem"}
        with open_transport(way.changed(**trusted, pins=(other, f"sha256//{pin}"))) as transport:
            transport.send("T_1.xml", b"data")
        assert names(way.folder) == ["T_1.xml"]
        refused(lambda: send(way.changed(**trusted, pins=(other,))), "is none of `pins`", permanent=True)
    assert names(way.folder) == ["T_1.xml"]


@pytest.mark.parametrize(
    ("address", "until", "own", "told"),
    [
        pytest.param("127.0.0.1", 1, True, "self-signed|unable to get local issuer", id="another authority"),
        pytest.param("127.0.0.1", -1, False, "certificate has expired", id="expired"),
        pytest.param("127.0.0.9", 1, False, "IP address mismatch", id="another host"),
    ],
)
def test_a_certificate_that_is_not_good_gets_nothing(
    over_tls: OverTls, tmp_path: Path, address: str, until: int, own: bool, told: str
) -> None:
    other = Authority(tmp_path, "other")
    issued = other.issue("bad", address, until=timedelta(days=until))
    with over_tls(tmp_path, issued) as way:
        settings = way.settings if own else way.changed(ca_file=other.certificate)
        with pytest.raises(ForwardError, match=told) as caught:
            send(settings)
        assert names(way.folder) == []
    text = str(caught.value)
    assert caught.value.permanent
    assert ("\n" in text, "segreta" in text, "nothing is sent" in text) == (False, False, True)


def test_authorities_that_cannot_be_read_are_named(over_tls: OverTls, tmp_path: Path) -> None:
    with over_tls(tmp_path, None) as way:
        missing = way.changed(ca_file=tmp_path / "none.pem")
        refused(lambda: send(missing), "forwarding.questura.target.ca_file: ", permanent=True)


def test_a_server_that_is_away_is_tried_again(over_tls: OverTls, tmp_path: Path) -> None:
    with over_tls(tmp_path, None) as way:
        pass
    refused(lambda: send(way.settings), "127.0.0.1", permanent=False)


def send(settings: DestinationSettings) -> None:
    with open_transport(settings) as transport:
        transport.send("T_1.xml", b"data")


def refused(action: Callable[[], object], told: str, *, permanent: bool) -> None:
    with pytest.raises(ForwardError) as caught:
        action()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.permanent is permanent
