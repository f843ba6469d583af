# SPDX-License-Identifier: AGPL-3.0-or-later
"""SOAP request for a list from a template, and the file in its answer: base64 in an element, an attachment, or all of
it.

Nothing is held in memory but pieces: the answer lies in a file, is read as a stream, and the list is written beside it.
"""

import base64
import binascii
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote
from xml.sax.saxutils import escape

from anpr.domain.errors import ForwardError, SettingsError
from anpr.listfiles.places.digest import DigestWriter, in_place_of
from anpr.listfiles.places.signed_answer import keep_signed
from anpr.listfiles.profiles.xml_texts import PathScan
from anpr.listfiles.table import MAX_BYTES, FileError
from anpr.settings.forwarding.placeholders import check_placeholders, fill_placeholders
from anpr.settings.list_places import VERSION_PLACEHOLDER, SoapPlace
from anpr.settings.secret_file import read_text_file
from anpr.ws_security import Security

_FAULTS = ("Envelope/Body/Fault/faultstring", "Envelope/Body/Fault/Reason/Text", "Envelope/Body/Fault/faultcode")
_BOUNDARY = re.compile(r'boundary="?([^";\s]{1,70})"?', re.IGNORECASE)
_CONTENT_ID = re.compile(rb"^content-id:\s*<?([^>\r\n]+)>?\s*$", re.IGNORECASE | re.MULTILINE)
_MOST_HEADERS, _MOST_PARTS, _MOST_TOLD = 8_192, 20, 200
_CHUNK = 1 << 16
_IN_PARTS = "multipart/related"
_SPACES = str.maketrans("", "", " \t\r\n")


def envelope_of(service: SoapPlace, version: str, security: Security | None = None) -> bytes:
    """The request, with the version in it, and secured. Raises ForwardError when its template is missing or wrong."""
    try:
        template = check_placeholders(read_text_file(Path(service.request_file)), VERSION_PLACEHOLDER)
        envelope = fill_placeholders(template, {"version": escape(version, {'"': "&quot;"})}).encode()
        return envelope if security is None else security.secured(envelope)
    except (SettingsError, ValueError) as exc:
        raise ForwardError(
            f"watchlists.pickup.soap.request_file: {service.request_file}: {exc}", permanent=True
        ) from exc


def soap_headers(service: SoapPlace) -> dict[str, str]:
    """Content type and action of its version."""
    if service.soap == "1.1":
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{service.action}"'}
    action = f'; action="{service.action}"' if service.action else ""
    return {"Content-Type": f"application/soap+xml; charset=utf-8{action}"}


@dataclass(frozen=True, kw_only=True, slots=True)
class SoapAnswer:
    """What came: its content type and the SHA-256 of all of it; `label` names it in messages."""

    content_type: str
    label: str
    sha256: str


def unpack_answer(part: Path, came: SoapAnswer, service: SoapPlace, security: Security | None = None) -> str:
    """Put the file that the answer holds in its place; its SHA-256, which is that of the answer where it is the file.

    Where replies must be signed, only what is signed counts. Raises ForwardError for a fault, an answer without a file,
    or one that cannot be read or believed.
    """
    with part.open("rb") as file:
        if not file.seek(0, 2):
            raise ForwardError(f"{came.label}: an empty answer")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as answer:
            spans = _parts(answer, came.content_type, came.label)
            _refuse_fault(answer, next(iter(spans.values())), came.label)
            if security is None or not security.demands_signed_replies:
                return _unpack(answer, spans, part, service, came.label) or came.sha256
            if came.content_type.lower().startswith(_IN_PARTS):
                raise ForwardError(f"{came.label}: its signature does not cover attachments: nothing of it is taken")
            signed = keep_signed(answer, part, security, came.label)
    return unpack_answer(part, replace(came, content_type="text/xml", sha256=signed), service)


def _unpack(answer: mmap.mmap, spans: dict[str, tuple[int, int]], part: Path, service: SoapPlace, label: str) -> str:
    root = next(iter(spans.values()))
    if service.reply_file is None:
        return "" if len(spans) == 1 and root == (0, len(answer)) else _copied(answer, root, part)
    with in_place_of(part) as written:
        reference = _decode(answer, root, service.reply_file, written, label)
        if reference is not None:
            _attach(answer, spans, reference, written, label)
    if not written.size:
        raise ForwardError(f"{label}: no file at {service.reply_file} of the answer")
    return written.digest.hex()


def _copied(answer: mmap.mmap, span: tuple[int, int], part: Path) -> str:
    with in_place_of(part) as written:
        for piece in _pieces(answer, span):
            written.write(piece)
    return written.digest.hex()


def _refuse_fault(answer: mmap.mmap, root: tuple[int, int], label: str) -> None:
    told: dict[str, str] = {}
    scan = PathScan(label, ("Envelope/Body/Fault", *_FAULTS))
    for path, text in _scanned(answer, root, scan):
        told[path] = (told.get(path, "") + text)[:_MOST_TOLD]
    if scan.seen:
        why = next((" ".join(told[path].split()) for path in _FAULTS if told.get(path, "").strip()), "no reason given")
        raise ForwardError(f"{label}: SOAP fault: {''.join(c if c.isprintable() else ' ' for c in why)}")


def _decode(answer: mmap.mmap, root: tuple[int, int], path: str, written: DigestWriter, label: str) -> str | None:
    """Write what is base64 there; or the attachment's id where it is a reference."""
    reference, rest, href = "", "", f"{path}/Include/@href"
    for where, text in _scanned(answer, root, PathScan(label, (path, href))):
        if where == href:
            reference += text
            continue
        rest += text.translate(_SPACES)
        whole = len(rest) - len(rest) % 4
        _write_base64(rest[:whole], written, label)
        rest = rest[whole:]
    if rest:
        raise ForwardError(f"{label}: the base64 at {path} is cut off")
    return unquote(reference.removeprefix("cid:")) if reference else None


def _write_base64(text: str, written: DigestWriter, label: str) -> None:
    try:
        written.write(base64.b64decode(text.encode("ascii"), validate=True))
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise ForwardError(f"{label}: what should be base64 is none") from exc
    if written.size > MAX_BYTES:
        raise ForwardError(f"{label}: larger than {MAX_BYTES >> 20} MiB")


def _attach(
    answer: mmap.mmap, spans: dict[str, tuple[int, int]], reference: str, written: DigestWriter, label: str
) -> None:
    if reference not in spans:
        raise ForwardError(f"{label}: no attachment {reference[:_MOST_TOLD]!r} in the answer")
    if spans[reference][1] - spans[reference][0] > MAX_BYTES:
        raise ForwardError(f"{label}: larger than {MAX_BYTES >> 20} MiB")
    for piece in _pieces(answer, spans[reference]):
        written.write(piece)


def _scanned(answer: mmap.mmap, span: tuple[int, int], scan: PathScan) -> Iterator[tuple[str, str]]:
    """Path and text, in the order of the document. Raises ForwardError when it is none."""
    try:
        for piece in _pieces(answer, span):
            scan.feed(piece)
            yield from scan.take()
        scan.close()
        yield from scan.take()
    except FileError as exc:
        raise ForwardError(str(exc)) from exc


def _pieces(answer: mmap.mmap, span: tuple[int, int]) -> Iterator[bytes]:
    start, end = span
    for place in range(start, end, _CHUNK):
        yield answer[place : min(place + _CHUNK, end)]


def _parts(answer: mmap.mmap, content_type: str, label: str) -> dict[str, tuple[int, int]]:
    """Where each part of it lies, by its Content-ID; the envelope first. One part without a name, when it has none."""
    if not content_type.lower().startswith(_IN_PARTS):
        return {"": (0, len(answer))}
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ForwardError(f"{label}: an answer in parts that names no boundary")
    mark = b"--" + boundary[1].encode("ascii", errors="replace")
    spans: dict[str, tuple[int, int]] = {}
    start = answer.find(mark)
    while start >= 0 and answer[start + len(mark) : start + len(mark) + 2] != b"--":
        if len(spans) >= _MOST_PARTS:
            raise ForwardError(f"{label}: more than {_MOST_PARTS} parts")
        end = answer.find(b"\r\n" + mark, start + len(mark))
        body = answer.find(b"\r\n\r\n", start, start + _MOST_HEADERS)
        if end < 0 or body < 0 or body + 4 > end:
            raise ForwardError(f"{label}: an answer in parts that is cut off")
        named = _CONTENT_ID.search(answer[start:body].replace(b"\r\n", b"\n") + b"\n")
        name = named[1].decode("ascii", errors="replace").strip() if named else str(len(spans))
        spans.setdefault(name, (body + 4, end))
        start = end + 2
    if not spans:
        raise ForwardError(f"{label}: an answer in parts without a part")
    return spans
