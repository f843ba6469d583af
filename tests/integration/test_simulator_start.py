# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated centre starts with what it can serve, refuses what it should, ends cleanly, and hands out lists."""

import importlib.util
import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
import yaml

from anpr.domain.errors import ForwardError, InputError
from anpr.forward.transport import open_transport
from anpr.simulator.places import PORTS
from tests.support.forward_targets import destination
from tests.support.simulation import running_centre


def test_the_command_prints_settings_and_ends_when_it_is_told(tmp_path: Path) -> None:
    ports = [option for name in PORTS for option in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "anpr", "simulate-centre", "--folder", str(tmp_path / "s"), "--json", *ports]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "Ctrl-C ends it" in line:
                process.send_signal(signal.SIGTERM)
        out = process.stdout.read() if process.stdout else ""
        assert process.wait(120) == 0, "".join(said)
    assert any("no office receives anything" in line for line in said)
    assert "Traceback" not in "".join(said)
    settings, totals = out.rsplit("\n", 2)[:2]
    ids = [each["id"] for each in yaml.safe_load(settings)["forwarding"]]
    assert ids == [f"simulatore-{name}" for name in ("https", "soap", "sftp", "ftps", "mail")]
    assert json.loads(totals)["transfers"] == 0


def test_a_port_that_is_taken_is_named_with_its_option(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {**dict.fromkeys(PORTS, 0), "https": port}
        told = f"--https-port: 127.0.0.1:{port}: another program listens there"
        with pytest.raises(InputError, match=told), running_centre(tmp_path, ports=ports):
            pass


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"192\.0\.2\.1"), running_centre(tmp_path, host="192.0.2.1"):
        pass


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "simulator" / "mails").mkdir(parents=True)
    (tmp_path / "simulator" / "mails" / "letter").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds something else"), running_centre(tmp_path, protocols=("https",)):
        pass
    assert (tmp_path / "simulator" / "mails" / "letter").is_file()


def test_a_second_one_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        running_centre(tmp_path, protocols=("https",)),
        pytest.raises(InputError, match="another simulation runs there"),
        running_centre(tmp_path, protocols=("https",)),
    ):
        pass


def test_a_profile_that_is_wrong_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ForwardError, match="none of that name"), running_centre(tmp_path, profile="no-such"):
        pass
    assert not (tmp_path / "simulator").exists()


def test_settings_name_only_what_the_profile_allows(tmp_path: Path) -> None:
    with running_centre(tmp_path, profile="scntt-example", protocols=("https", "sftp")) as centre:
        ids = [each["id"] for each in yaml.safe_load(centre.settings)["forwarding"]]
        assert ids == ["simulatore-sftp"]
        assert "Not in the profile's `transports`: https, soap" in centre.settings


def test_without_the_extra_the_others_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in ("pyftpdlib", "aiosmtpd") else found(name)
    )
    with running_centre(tmp_path) as centre:
        assert set(centre.missing) == {"ftps", "mail"}
        assert set(centre.targets) == {"https", "soap", "sftp"}
        assert "FTPS: non attivo" in httpx.get(f"{centre.page}settings").text


def test_it_can_be_started_again_and_leaves_no_thread_and_no_open_file(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    for _ in range(2):
        with running_centre(tmp_path) as centre:
            folder = centre.keys.folder.parent
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert set(threading.enumerate()) <= before
        with pytest.raises(httpx.ConnectError):
            httpx.get(centre.page)


def test_only_who_has_a_certificate_of_its_authority_is_let_in(tmp_path: Path) -> None:
    with running_centre(tmp_path, protocols=("https",)) as centre:
        target = {**centre.targets["https"], "certificate_file": None, "key_file": None}
        chosen = destination(target)
        with pytest.raises(ForwardError), open_transport(chosen) as transport:
            transport.send("a.xml", b"<a/>")
        assert centre.office.journal.newest() == []


def test_a_password_that_is_wrong_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("sbagliata\n", encoding="utf-8")
    with running_centre(tmp_path, protocols=("sftp", "ftps", "mail")) as centre:
        for name in ("sftp", "ftps", "mail"):
            target = {**centre.targets[name], "key_file": None, "secret_file": tmp_path / "wrong"}
            with pytest.raises(ForwardError), open_transport(destination(target)) as transport:
                transport.send("a.xml", b"<a/>")
        assert centre.office.journal.newest() == []


def test_lists_are_handed_out_over_https_and_sftp(tmp_path: Path) -> None:
    with running_centre(tmp_path, protocols=("https", "sftp")) as centre:
        context = ssl.create_default_context(cafile=str(centre.keys.authority))
        context.load_cert_chain(centre.keys.sender.certificate, centre.keys.sender.key)
        with httpx.Client(base_url=f"https://127.0.0.1:{centre.ports['https']}", verify=context) as client:
            assert "A1-000001.csv" in client.get("/liste/").text.split()
            whole = client.get("/liste/A1.csv")
            again = client.get("/liste/A1.csv", headers={"If-None-Match": whole.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            centre.lists.publish("A1")
            assert client.get("/liste/A1.csv").headers["etag"] != whole.headers["etag"]
            assert b'tipo="variazioni"' in client.get("/liste/A1", params={"da": "1"}).content
            assert b'tipo="completo"' in client.get("/liste/A1", params={"da": ""}).content
            assert client.get("/liste/Z9").status_code == 404
            assert client.get("/liste/..%2f..%2fkeys%2fpassword").status_code == 404
            assert client.get("/altro").status_code == 404
        with open_transport(destination({**centre.targets["sftp"], "path": "/liste"})) as transport:
            fetched = transport.fetch("A1-000001.csv")
            assert fetched is not None
            assert fetched.data == whole.content


def test_nobody_leaves_the_folder_over_sftp(tmp_path: Path) -> None:
    with running_centre(tmp_path, protocols=("sftp",)) as centre:
        outside = destination({**centre.targets["sftp"], "path": "/../keys"})
        with pytest.raises(ForwardError, match="no such folder"), open_transport(outside):
            pass
