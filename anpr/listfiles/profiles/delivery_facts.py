# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file of a list says of itself, by its profile: version, base, as of when, whole or changes, how many
records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from anpr.domain.list_delivery import Delivery, DeliveryKind, ListVersion
from anpr.domain.local_time import TimeTextError, moment_of, parse_moment
from anpr.listfiles.profiles.delivery_profile import DeliveryProfile, Fact
from anpr.listfiles.profiles.fixed_width import lines_of
from anpr.listfiles.profiles.profile import FixedWidth, ListProfile, Xml
from anpr.listfiles.profiles.xml_texts import texts_at
from anpr.listfiles.table import FileError, FileFault
from anpr.listfiles.text import encoding_of

_NUMBER = re.compile(r"[0-9]{1,18}")
_SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """`count`: how many records the file should have; None: it does not say."""

    delivery: Delivery
    count: int | None = None


def read_delivery(name: str, content: bytes, profile: ListProfile, zone: tzinfo, charset: str = "") -> Told:
    """What the file says. Raises FileError (NO_VERSION) naming what cannot be read in it."""
    section = profile.delivery
    if section is None:
        return Told(delivery=Delivery())
    texts = _texts(name, content, profile, section, charset)
    version, moment = _version(name, "version", section.version, texts, zone)
    base, _ = _version(name, "base", section.base, texts, zone) if texts.get("base") else (None, None)
    as_of = _moment(name, section.as_of, texts, zone) if section.as_of else moment
    count = _number(name, "count", texts["count"]) if section.count else None
    return Told(
        delivery=Delivery(kind=_kind(name, section, texts), version=version, base=base, as_of=as_of), count=count
    )


def _texts(
    name: str, content: bytes, profile: ListProfile, section: DeliveryProfile, charset: str
) -> Mapping[str, str]:
    """The text of each fact; all must be there but a base, which a whole list may lack."""
    facts, found = section.facts, {}
    for what, fact in facts.items():
        if fact.name is not None and (match := re.search(fact.name, name)):
            found[what] = (match[1] or "").strip()
    if isinstance(profile.encoding, Xml):
        paths = {what: fact.path for what, fact in facts.items() if fact.path}
        at = texts_at(name, content, paths.values(), charset or profile.encoding.charset) if paths else {}
        found |= {what: at[path] for what, path in paths.items() if path in at}
    elif isinstance(profile.encoding, FixedWidth):
        found |= _of_lines(name, content, profile.encoding, facts, charset)
    for what in facts:
        if not found.get(what) and what != "base":
            raise _none(name, what, "is not there")
    return found


def _of_lines(name: str, content: bytes, how: FixedWidth, facts: Mapping[str, Fact], charset: str) -> Mapping[str, str]:
    wanted = {what: fact for what, fact in facts.items() if fact.line is not None}
    found: dict[str, str] = {}
    if not wanted:
        return found
    for line in lines_of(name, content, encoding_of(name, content, charset or how.charset), how):
        for what, fact in wanted.items():
            if what not in found and fact.line is not None and fact.line.has(line):
                start = (fact.start or 1) - 1
                found[what] = line[start : start + (fact.length or 0)].strip()
        if len(found) == len(wanted):
            break
    return found


def _version(
    name: str, what: str, fact: Fact | None, texts: Mapping[str, str], zone: tzinfo
) -> tuple[ListVersion | None, datetime | None]:
    """The version, and its moment where it is a date."""
    if fact is None:
        return None, None
    text = texts[what]
    if not fact.format:
        return ListVersion(text=text, rank=_number(name, what, text)), None
    try:
        local = datetime.strptime(text, fact.format)  # noqa: DTZ007  in its zone below
    except ValueError:
        raise _none(name, what, f"{text[:_SHOWN]!r} is no date as {fact.format}") from None
    rank = int(local.replace(tzinfo=UTC).timestamp())  # by the text alone: clocks that go back change no order
    return ListVersion(text=text, rank=rank), moment_of(local, zone)


def _moment(name: str, fact: Fact, texts: Mapping[str, str], zone: tzinfo) -> datetime:
    text = texts["as_of"]
    try:
        if not fact.format:
            return parse_moment(text, zone)
        moment = datetime.strptime(text, fact.format)  # noqa: DTZ007  in its zone below
    except (ValueError, TimeTextError):
        raise _none(name, "as_of", f"{text[:_SHOWN]!r} is no moment") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment_of(moment, zone)


def _kind(name: str, section: DeliveryProfile, texts: Mapping[str, str]) -> DeliveryKind:
    if section.kind is None:
        return DeliveryKind.DELTA if section.operations else DeliveryKind.FULL
    kind = section.texts.get(texts["kind"])
    if kind is None:
        raise _none(name, "kind", f"{texts['kind'][:_SHOWN]!r} is none of {', '.join(section.texts)}")
    return kind


def _number(name: str, what: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _none(name, what, f"{text[:_SHOWN]!r} is no number")
    return int(text)


def _none(name: str, what: str, why: str) -> FileError:
    return FileError(FileFault.NO_VERSION, f"{name}: {what} of the delivery: {why}")
