# SPDX-License-Identifier: AGPL-3.0-or-later
"""What lies in the simulated office's folder: files that came, up to a limit, lists in versions, ready settings."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from anpr.listfiles.reading import read_list_file
from anpr.runtime.clock import ManualClock
from anpr.settings import DestinationSettings
from anpr.simulator.kept_files import LISTS, KeptFiles, safe_name
from anpr.simulator.keys import make_keys
from anpr.simulator.lists import HandedOutLists, Step, file_for
from anpr.simulator.places import PORTS
from anpr.simulator.ready_settings import ready_settings, ready_targets
from anpr.simulator.servers.uploads import final_name, is_temporary

NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


def test_the_oldest_files_go_when_there_are_too_many_and_lists_stay(tmp_path: Path) -> None:
    files = KeptFiles(tmp_path, most_files=10)
    (files.inbox / LISTS / "A1.csv").write_bytes(b"x" * 100)
    for number in range(120):
        files.put("https", f"{number:03d}.xml", b"x")
    left = sorted(path.name for path in (tmp_path / "requests").iterdir())
    assert len(left) <= 60
    assert left[-1] == "119.xml"
    assert (files.inbox / LISTS / "A1.csv").is_file()


def test_the_oldest_files_go_when_they_are_too_large_together(tmp_path: Path) -> None:
    files = KeptFiles(tmp_path, most_bytes=1000)
    for number in range(102):
        files.put("mail", f"{number:03d}.xml", b"x" * 100)
    assert sum(path.stat().st_size for path in (tmp_path / "mails").iterdir()) <= 6000


def test_what_an_earlier_run_left_is_deleted(tmp_path: Path) -> None:
    KeptFiles(tmp_path).put("https", "a.xml", b"x")
    KeptFiles(tmp_path)
    assert list((tmp_path / "requests").iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", ".bashrc", "", "a/b", "con spazi è.xml", "x" * 400, "\x00"])
def test_no_name_leaves_its_folder(tmp_path: Path, name: str) -> None:
    path = KeptFiles(tmp_path).put("https", name, b"x")
    assert path.parent == tmp_path / "requests"
    assert path.name == safe_name(name)
    assert not path.name.startswith(".")


@pytest.mark.parametrize(
    ("path", "name", "temporary"),
    [
        ("/T_1.xml", "T_1.xml", False),
        ("/.T_1.xml.part", "T_1.xml", True),
        ("/tmp-T_1.xml", "T_1.xml", True),
        ("/tmp/T_1.xml", "T_1.xml", True),
        ("/in/T_1.xml", "T_1.xml", False),
        ("/T_1.xml.filepart", "T_1.xml", True),
    ],
)
def test_a_file_that_is_not_whole_yet_is_known_by_its_name(path: str, name: str, temporary: bool) -> None:
    assert (final_name(path), is_temporary(path)) == (name, temporary)


@pytest.fixture
def lists(tmp_path: Path) -> HandedOutLists:
    return HandedOutLists(tmp_path, ManualClock(NOW))


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")), delimiter=";"))


@pytest.mark.parametrize("step", ["change", "shrink", "empty"])
def test_a_list_with_its_changes_is_the_next_one(lists: HandedOutLists, tmp_path: Path, step: Step) -> None:
    held = {row["targa"]: row["motivo"] for row in rows(tmp_path / "A1-000001.csv")}
    assert lists.publish("A1", step).version == 2
    for row in rows(tmp_path / "A1-000002-variazioni.csv"):
        if row["operazione"] == "cancellazione":
            del held[row["targa"]]
        else:
            assert (row["targa"] in held) == (row["operazione"] == "modifica")
            held[row["targa"]] = row["motivo"]
    whole = {row["targa"]: row["motivo"] for row in rows(tmp_path / "A1.csv")}
    assert held == whole
    assert (tmp_path / "A1.versione").read_text(encoding="utf-8") == "2\n"
    tree = ElementTree.fromstring((tmp_path / "A1.xml").read_bytes())
    assert (tree.get("lista"), tree.get("versione"), tree.get("tipo")) == ("A1", "2", "completo")
    assert tree.get("totale") == str(len(whole))
    changes = ElementTree.fromstring(file_for(tmp_path, "A1", "1").read_bytes())
    assert (changes.get("tipo"), changes.get("precedente")) == ("variazioni", "1")
    assert file_for(tmp_path, "A1", "") == file_for(tmp_path, "A1", "7") == tmp_path / "A1.xml"
    assert [each.findtext("Targa") for each in tree.iterfind("Veicolo")] == list(whole)


def test_our_own_reading_takes_the_csv(lists: HandedOutLists, tmp_path: Path) -> None:
    assert {each.name for each in lists.versions} == {"A1", "A2", "C"}
    read = read_list_file("A1.csv", (tmp_path / "A1.csv").read_bytes(), UTC)
    assert len(read.entries) == 40


def test_old_versions_go(lists: HandedOutLists, tmp_path: Path) -> None:
    for _ in range(15):
        lists.publish("C")
    assert len(list(tmp_path.glob("C-*-variazioni.csv"))) == 10


def test_ready_settings_are_settings(tmp_path: Path) -> None:
    keys = make_keys(tmp_path, NOW, ("127.0.0.1",))
    targets = ready_targets("127.0.0.1", PORTS, keys)
    assert set(targets) == {"https", "soap", "sftp", "ftps", "mail"}
    tree = yaml.safe_load(ready_settings(targets, dict.fromkeys(targets, "simulator")))
    found = [DestinationSettings.model_validate(each) for each in tree["forwarding"]]
    assert [each.id for each in found] == [f"simulatore-{name}" for name in targets]
    assert keys.password not in ready_settings(targets, dict.fromkeys(targets, "simulator"))


def test_keys_are_for_their_user_alone(tmp_path: Path) -> None:
    make_keys(tmp_path, NOW, ("127.0.0.1",))
    private = ["ufficio.key", "ufficio.pem", "comune.key", "comune.pem", "ufficio_ssh", "comune_ssh", "password"]
    assert [name for name in private if (tmp_path / name).stat().st_mode & 0o077] == []
