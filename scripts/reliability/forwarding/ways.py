# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ways to the office: SFTP to a real OpenSSH with receipts beside the files, HTTPS with mutual TLS, SOAP."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lab.certificates import Authority
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import Told, https_server
from scripts.lab.ssh_server import running_sshd
from scripts.reliability.chaos.disks import Disk, mounted
from scripts.reliability.forwarding.office import LATER, OK, REFUSED, Office, OfficeFullError

_LOOK_EVERY_S = 0.1
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_OURS = "urn:example:anpr:centro:1"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the office is reached: its port, the destination's `target` once a port is in between, and the profile."""

    port: int
    target: Callable[[int], dict[str, Any]]
    profile: Mapping[str, Any]
    disk: Disk | None = None
    """Where the files lie, if it can be filled."""


@contextmanager
def by_sftp(folder: Path, office: Office) -> Iterator[Way]:
    """Files that appear in a folder of OpenSSH; the office writes a receipt beside each."""
    with mounted(folder / "arrived") as disk, running_sshd(folder / "sshd", folder / "arrived") as server:
        known = server.known_hosts_file
        key = known.read_text(encoding="utf-8").split(" ", 1)[1]

        def target(port: int) -> dict[str, Any]:
            known.write_text(f"[127.0.0.1]:{port} {key}", encoding="utf-8")
            return {**server.keys, "port": port}

        stop = threading.Event()
        thread = threading.Thread(target=_look, args=(folder / "arrived", office, stop))
        thread.start()
        try:
            yield Way(port=server.port, target=target, profile=_SFTP, disk=disk)
        finally:
            stop.set()
            thread.join()


def _look(arrived: Path, office: Office, stop: threading.Event) -> None:
    """The office's program: takes what has come and writes receipts, until told to stop."""
    seen: dict[str, int] = {}
    while not stop.wait(_LOOK_EVERY_S):
        for path in sorted(arrived.glob("T_*.json")):
            with contextlib.suppress(FileNotFoundError):  # replaced just now
                changed = path.stat().st_mtime_ns
                if seen.get(path.name) != changed:
                    _write_receipt(path, office)
                    seen[path.name] = changed


def _write_receipt(path: Path, office: Office) -> None:
    codes = office.take(path.name, path.read_bytes())
    lines = "".join(f"{one};{code}\n" for one, code in codes.items())
    part = path.with_name(f".{path.name}.esito")
    with contextlib.suppress(OSError):  # the disk is full: at the next look
        part.write_text(lines, encoding="ascii")
        part.rename(path.with_name(f"{path.name}.esito"))


def by_https(folder: Path, office: Office) -> AbstractContextManager[Way]:
    """JSON, answered in JSON; certificates on both sides."""
    return _by_post(folder, office, _HTTPS, lambda codes: json.dumps({"esiti": _listed(codes)}).encode())


def by_soap(folder: Path, office: Office) -> AbstractContextManager[Way]:
    """SOAP 1.1 over HTTPS with certificates on both sides."""
    return _by_post(folder, office, _SOAP, _soap_reply)


WAYS: Mapping[str, Callable[[Path, Office], AbstractContextManager[Way]]] = {
    "sftp": by_sftp,
    "https": by_https,
    "soap": by_soap,
}


@contextmanager
def _by_post(
    folder: Path, office: Office, profile: Mapping[str, Any], reply: Callable[[Mapping[str, str]], bytes]
) -> Iterator[Way]:
    authority = Authority(folder, "authority")
    ours = authority.issue("municipality", "127.0.0.1")

    def answer(asked: Received) -> Told:
        try:
            return Told(body=reply(office.take(asked.headers["x-file"], asked.body)))
        except OfficeFullError:
            return Told(status=507)

    def target(port: int) -> dict[str, Any]:
        return {
            "kind": "https",
            "url": f"https://127.0.0.1:{port}/transiti",
            "headers": {"X-File": "{name}"},
            "ca_file": str(authority.certificate),
            "certificate_file": str(ours.certificate),
            "key_file": str(ours.key),
            "content_type": "text/xml; charset=utf-8" if profile is _SOAP else "application/json",
        }

    with https_server(folder / "arrived", authority.issue("office", "127.0.0.1"), authority.certificate) as server:
        server.keeps, server.answer = False, answer
        yield Way(port=server.port, target=target, profile=profile)


def _listed(codes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"id": one, "codice": code} for one, code in codes.items()]


def _soap_reply(codes: Mapping[str, str]) -> bytes:
    rows = "".join(f'<transito id="{one}"><codice>{code}</codice></transito>' for one, code in codes.items())
    return (
        f'<s:Envelope xmlns:s="{_ENVELOPE}"><s:Body><r:consegnaResponse xmlns:r="{_OURS}">'
        f"<esiti>{rows}</esiti></r:consegnaResponse></s:Body></s:Envelope>"
    ).encode()


_FIELDS: list[dict[str, Any]] = [
    {"name": "id", "source": "transit.id", "required": True},
    {"name": "targa", "source": "plate", "required": True},
    {"name": "quando", "source": "captured_at", "type": "datetime", "format": "iso-ms"},
    {"name": "varco", "source": "gate.id"},
]
_CODES = {"ok": [OK], "permanent": [REFUSED], "transient": [LATER]}


def _profile(kind: str, **changes: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "name": f"faults-{kind}",
        "revision": "1",
        "description": "Of the test of forwarding under faults.",
        "status": {"stage": "example"},
        "transports": ["sftp" if kind == "sftp" else "https"],
        "time_zone": "Europe/Rome",
        "batch_size": 500,
        "file_name": "T_{day:%Y%m%d}_{batch:05d}.json",
        "encoding": {"kind": "json", "charset": "utf-8", "records": "transiti"},
        "fields": _FIELDS,
        **changes,
    }


_SFTP = _profile("sftp", answers={"kind": "receipt", **_CODES})
_HTTPS = _profile(
    "https",
    answers={
        "kind": "reply",
        "body": {"format": "json", "records": "esiti", "record_id": "id", "record_code": "codice"},
        **_CODES,
    },
)
_SOAP = _profile(
    "soap",
    file_name="T_{day:%Y%m%d}_{batch:05d}.xml",
    encoding={
        "kind": "xml",
        "charset": "utf-8",
        "root": "soap:Envelope",
        "wrapper": "soap:Body",
        "record": "c:transito",
    },
    header=[{"name": "@xmlns:soap", "value": _ENVELOPE}, {"name": "@xmlns:c", "value": _OURS}],
    fields=[{**one, "name": f"c:{one['name']}"} for one in _FIELDS],
    answers={
        "kind": "reply",
        "body": {
            "format": "xml",
            "records": "Body/consegnaResponse/esiti/transito",
            "record_id": "@id",
            "record_code": "codice",
        },
        **_CODES,
    },
)
