# SPDX-License-Identifier: AGPL-3.0-or-later
"""Web service of the simulated office: TLS on both sides, files, SOAP, and lists to take."""

import email.utils
import hashlib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from anpr.runtime.certificate import load_pair
from anpr.simulator.behaviour import Behaviour
from anpr.simulator.decisions import is_picture_name
from anpr.simulator.kept_files import LISTS, safe_name
from anpr.simulator.keys import SimulatedKeys
from anpr.simulator.lists import file_for
from anpr.simulator.office import ReceivingOffice
from anpr.simulator.replies import OfficeReply, soap_version, write_fault
from anpr.simulator.servers.http_listener import SimulatorHandler, http_listener
from anpr.simulator.servers.shown_certificate import chooses_certificate
from anpr.simulator.transfer import Transfer
from anpr.tls.bad_certificates import OTHER_HOST

FULL = 507
"""Status of a full disk (RFC 4918)."""


@contextmanager
def serve_https(office: ReceivingOffice, keys: SimulatedKeys, listening: socket.socket) -> Iterator[None]:
    """Serve until the context ends; only who shows a certificate of the simulation's authority is let in."""
    context = load_pair(str(keys.office.certificate), str(keys.office.key))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(keys.authority)
    context.sni_callback = chooses_certificate(office, keys)

    class Handler(_WebService):
        pass

    Handler.office = office
    with http_listener(listening, Handler, "simulator-https", context):
        yield


class _WebService(SimulatorHandler):
    """Files at /transiti/NAME, envelopes at /soap/NAME, lists at /liste/NAME."""

    office: ReceivingOffice

    def do_POST(self) -> None:  # noqa: N802  the names are the standard library's
        place = urlsplit(self.path).path
        protocol = {"transiti": "https", "soap": "soap"}.get(place.strip("/").split("/")[0])
        body = self.body()
        if body is None:
            return
        if protocol is None:
            self.answer(404)
            return
        name = safe_name(unquote(place.rpartition("/")[2]) or "richiesta")
        self._take(Transfer(protocol=protocol, name=name, sender=self._sender(), data=body, soap=soap_version(body)))

    do_PUT = do_POST  # noqa: N815  the name is the standard library's

    def _take(self, sent: Transfer) -> None:
        office, behaviour = self.office, self.office.decisions.take(sent.name)
        if behaviour.delay_s:
            office.clock.wait(office.stop, behaviour.delay_s)
        if behaviour.cut == "before":
            office.lose(sent.protocol, sent.name, sent.sender, len(sent.data), behaviour)
            self.cut()
            return
        if behaviour.redirect or behaviour.disk_full or behaviour.status not in (None, 200):
            office.lose(sent.protocol, sent.name, sent.sender, len(sent.data), behaviour)
            if behaviour.redirect:
                self._redirect()
            else:
                self._reply(self._refusal(sent, behaviour))
            return
        reply = office.receive(sent, behaviour)
        if behaviour.cut == "after":
            self.cut()
            return
        self._reply(reply)

    @staticmethod
    def _refusal(sent: Transfer, behaviour: Behaviour) -> OfficeReply:
        status = FULL if behaviour.disk_full else int(behaviour.status or FULL)
        if sent.soap is not None and not is_picture_name(sent.name):
            return write_fault(sent.soap, status)
        return OfficeReply(status=status, body=b"Simulazione: rifiutato di proposito\n")

    def _reply(self, reply: OfficeReply) -> None:
        self.answer(reply.status, reply.body, reply.content_type)

    def _redirect(self) -> None:
        """To the same place at another host (307: with method and body)."""
        self.answer(307, Location=f"https://{OTHER_HOST}{urlsplit(self.path).path}")

    def do_GET(self) -> None:  # noqa: N802
        """A list, or their names; `If-None-Match` is answered 304. `/liste/A1?da=3`: what changed since version 3."""
        if self.office.decisions.now.standing.redirect:
            self._redirect()
            return
        place = urlsplit(self.path)
        parts = [unquote(part) for part in place.path.split("/") if part]
        folder = self.office.files.inbox / LISTS
        if parts == [LISTS]:
            names = "".join(f"{path.name}\n" for path in sorted(folder.iterdir()) if not path.name.startswith("."))
            self.answer(200, names.encode())
            return
        if len(parts) != 2 or parts[0] != LISTS or safe_name(parts[1]) != parts[1]:
            self.answer(404)
            return
        path = folder / parts[1]
        if not path.suffix:
            path = file_for(folder, parts[1], parse_qs(place.query).get("da", [""])[0])
        if path.is_file():
            self._hand_out(path)
        else:
            self.answer(404)

    do_HEAD = do_GET  # noqa: N815

    def _hand_out(self, path: Path) -> None:
        data = path.read_bytes()
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        changed = email.utils.formatdate(path.stat().st_mtime, usegmt=True)
        if self.headers.get("If-None-Match") == tag:
            self.answer(304, ETag=tag)
            return
        kind = "application/xml" if path.suffix == ".xml" else "text/csv; charset=utf-8"
        self.answer(200, data, kind, ETag=tag, Last_Modified=changed)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """By the office's clock, which may be wrong."""
        return super().date_time_string(self.office.now().timestamp() if timestamp is None else timestamp)

    def _sender(self) -> str:
        """The name in the certificate that was shown."""
        shown: Any = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        names = (pair for part in (shown or {}).get("subject", ()) for pair in part)
        return next((str(value) for key, value in names if key == "commonName"), str(self.client_address[0]))
