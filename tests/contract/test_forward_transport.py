# SPDX-License-Identifier: AGPL-3.0-or-later
"""One suite over every registered transport: a folder, an OpenSSH server with a key, another one with a password."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import Receipt, open_transport
from anpr.settings.forwarding.targets import TRANSPORT_KINDS
from tests.support.forward_targets import WAYS, Way

BIG = bytes(range(256)) * 20_000  # 5 MB


@pytest.fixture(params=WAYS, ids=lambda way: way[1])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    with WAYS[request.param](request, tmp_path) as found:
        yield found


def test_the_suite_runs_over_every_registered_transport() -> None:
    assert {kind for kind, _ in WAYS} == set(TRANSPORT_KINDS)


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


def test_what_a_killed_run_left_behind_is_overwritten(way: Way) -> None:
    settings, folder = way.settings, way.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".T_1.xml.part").write_bytes(BIG)
    with open_transport(settings) as transport:
        transport.send("T_1.xml", b"new")
    assert names(folder) == ["T_1.xml"]
    assert (folder / "T_1.xml").read_bytes() == b"new"


def test_a_receipt_is_fetched_or_is_not_there(way: Way) -> None:
    settings, folder = way.settings, way.folder
    with open_transport(settings) as transport:
        assert transport.fetch("T_1.esito") is None
        (folder / "T_1.esito").write_bytes(b"*;OK\n")
        assert transport.fetch("T_1.esito") == Receipt(name="T_1.esito", data=b"*;OK\n")


def test_a_receipt_beyond_all_measure_is_refused(way: Way) -> None:
    settings, folder = way.settings, way.folder
    with open_transport(settings) as transport:
        with (folder / "T_1.esito").open("wb") as file:
            file.truncate(17 * 1024 * 1024)
        refused(lambda: transport.fetch("T_1.esito"), "more than 16777216 bytes", permanent=True)


def test_a_name_that_a_folder_has_is_refused(way: Way) -> None:
    settings, folder = way.settings, way.folder
    with open_transport(settings) as transport:
        (folder / "T_1.xml" / "inside").mkdir(parents=True)
        with pytest.raises(ForwardError, match=r"T_1\.xml"):
            transport.send("T_1.xml", b"data")


def refused(action: Callable[[], object], told: str, *, permanent: bool) -> None:
    with pytest.raises(ForwardError) as caught:
        action()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.permanent is permanent
