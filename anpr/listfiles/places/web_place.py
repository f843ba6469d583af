# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of lists fetched from web services into their watched folder: whole or not at all, and only what is another
one.

The answer is written under a name that the folder ignores, compared with the digest that the server gives, renamed when
it is whole, and then noted. A crash before the note fetches it again, and importing it again changes nothing more.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import httpx2

from anpr.domain.errors import ForwardError
from anpr.listfiles.places.digest import DigestWriter, digest_told
from anpr.listfiles.places.soap_exchange import SoapAnswer, envelope_of, soap_headers, unpack_answer
from anpr.listfiles.places.watched_folder import is_harmless, is_unfinished, land
from anpr.listfiles.table import MAX_BYTES
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.placeholders import fill_placeholders
from anpr.settings.list_places import HttpsPlace, ListServiceSettings, SoapPlace
from anpr.settings.watchlists import PickupSettings
from anpr.store.database.connection import Database
from anpr.store.watchlists.places import PlaceMark, get_place, note_mark
from anpr.store.watchlists.received import find_received
from anpr.tls.https_client import http_errors, open_client, refuse_redirect, server_of
from anpr.ws_security import Security, open_security

_FILE_NAME = re.compile(r'filename="([^"\\]+)"', re.IGNORECASE)
_NOTHING_NEW = (204, 304)
_MAX_MARK = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A file that was fetched: where it lies as a whole, what it is called, and what the server says of it."""

    path: Path
    name: str
    mark: PlaceMark
    written_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebFetch:
    """Takes what a web service hands out for one list. `settle_s`: so long ago what lands counts as written."""

    database: Database
    pickup: PickupSettings
    clock: Clock
    settle_s: float

    def look(self, service: HttpsPlace | SoapPlace, *, is_asked: bool) -> int:
        """Take it if it is another one; how many files (0 or 1). `is_asked`: by a person, so whatever it is.

        Raises ForwardError when it cannot be had, OSError and StoreError.
        """
        known, version = self._known()
        where = f"watchlists.pickup.{service.kind}"
        part = self.pickup.folder / f".{self.pickup.watchlist}.fetched.part"
        try:
            with open_client(service, where) as client:
                asking = _Asking(client, service, self._security(service, where))
                request = asking.request(version, PlaceMark() if is_asked else known)
                with client.context.deadline(service.timeout_s):
                    answer = asking.fetch(request, part)
            if answer is None or (answer.mark.sha256 == known.sha256 and not is_asked):
                return 0
            self._land(answer)
        finally:
            part.unlink(missing_ok=True)
        return 1

    def _security(self, service: HttpsPlace | SoapPlace, where: str) -> Security | None:
        settings = service.ws_security if isinstance(service, SoapPlace) else None
        return None if settings is None else open_security(settings, f"{where}.ws_security", self.clock)

    def _known(self) -> tuple[PlaceMark, str]:
        """What it said last time, and the version to name: neither where a whole list is needed, as what it said last
        time was of changes that were of no use."""
        with self.database.transaction() as conn:
            place = get_place(conn, self.pickup.watchlist, self.pickup.place)
            received = find_received(conn, self.pickup.watchlist)
        if received is not None and received.needs_full:
            return PlaceMark(), ""
        version = received.held.version if received else None
        return place.mark if place else PlaceMark(), version.text if version else ""

    def _land(self, answer: Answer) -> None:
        now, settled = self.clock.now(), self.clock.now().timestamp() - self.settle_s
        written_at = min(settled, answer.written_at.timestamp()) if answer.written_at else settled
        size = answer.path.stat().st_size
        land(self.pickup.folder, answer.path, answer.name, written_at)
        with self.database.transaction() as conn:
            note_mark(conn, self.pickup.watchlist, self.pickup.place, now, answer.mark)
        log.info("watchlist %s: %s fetched, %d bytes", self.pickup.watchlist, answer.name, size)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One exchange with a web service."""

    client: httpx2.Client
    service: HttpsPlace | SoapPlace
    security: Security | None

    def request(self, version: str, known: PlaceMark) -> httpx2.Request:
        """For the list after this version. Raises ForwardError when it cannot be written."""
        service = self.service
        url = fill_placeholders(service.url, {"version": quote(version, safe="")})
        if isinstance(service, SoapPlace):
            content = envelope_of(service, version, self.security)
            headers = {**service.headers, **soap_headers(service)}
            return self.client.build_request("POST", url, headers=headers, content=content)
        marks = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        headers = {**service.headers, **{name: value for name, value in marks.items() if value}}
        return self.client.build_request("GET", url, headers=headers)

    def fetch(self, request: httpx2.Request, part: Path) -> Answer | None:
        """The file at `part`, whole; None when there is nothing new. Raises ForwardError."""
        service, name = self.service, _name_of(self.service, {})
        label = f"{server_of(service)}: {name}"
        with http_errors(service, name):
            answer = self.client.send(request, stream=True)
            try:
                if answer.status_code in _NOTHING_NEW and isinstance(service, HttpsPlace):
                    return None
                refuse_redirect(answer, server_of(service), name)
                is_fault = isinstance(service, SoapPlace) and answer.status_code == 500  # its body says why
                if answer.status_code != 200 and not is_fault:
                    raise ForwardError(f"{label}: answered {answer.status_code}")
                sha256 = _write(answer, service, part, label)
            finally:
                answer.close()
        headers = dict(answer.headers.items())
        if isinstance(service, SoapPlace):
            came = SoapAnswer(content_type=headers.get("content-type", ""), label=label, sha256=sha256)
            sha256 = unpack_answer(part, came, service, self.security)
            if is_fault:  # whatever it holds
                raise ForwardError(f"{label}: answered {answer.status_code}")
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        mark = PlaceMark(etag=_plain(etag), modified=_plain(modified), sha256=sha256)
        return Answer(path=part, name=_name_of(service, headers), mark=mark, written_at=_moment(modified))


def _write(answer: httpx2.Response, service: ListServiceSettings, part: Path, label: str) -> str:
    """The body as it comes; its SHA-256. Raises ForwardError when it is too large, too slow, or not what is told of
    it."""
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise ForwardError(f"{label}: a compressed body, which was not asked for")
    most = MAX_BYTES if isinstance(service, HttpsPlace) else 2 * MAX_BYTES
    try:
        with DigestWriter(part) as written:
            for piece in answer.iter_raw():
                written.write(piece)
                if written.size > most:
                    raise ForwardError(f"{label}: larger than {most >> 20} MiB")
    except httpx2.TimeoutException as exc:
        raise ForwardError(f"{label}: not whole within {service.timeout_s:g} s") from exc
    told = digest_told(answer.headers)
    if told is not None and told != written.digest:
        raise ForwardError(f"{label}: other bytes than its digest says: it is not whole")
    return written.digest.hex()


def _name_of(service: ListServiceSettings, headers: Mapping[str, str]) -> str:
    """By the settings, by the answer, by the address; never one that leads elsewhere."""
    if service.file_name is not None:
        return service.file_name
    told = _FILE_NAME.search(headers.get("content-disposition", ""))
    path = unquote(urlsplit(service.url).path).rstrip("/").rpartition("/")[2]
    for name in (told[1] if told else "", path):
        if is_harmless(name) and not is_unfinished(name) and not set("{}") & set(name):
            return name
    return "lista"


def _plain(mark: str) -> str:
    return mark if mark.isascii() and mark.isprintable() and len(mark) <= _MAX_MARK else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
