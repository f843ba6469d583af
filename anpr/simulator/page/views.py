# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views of the page: arrivals, one arrival with its transits and pictures, behaviour, lists, ready settings."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from anpr.forward.profile.model import Profile
from anpr.simulator.arrivals import SHOWN_RECORDS, OfficeArrival
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.lists import LISTS
from anpr.simulator.page.forms import PRESETS, TICKS, behaviour_of_form, behaviour_of_preset, count_of, fields_of
from anpr.simulator.page.rendering import make_environment, render
from anpr.simulator.reading.record import ReceivedRecord, picture_fields
from anpr.simulator.reading.records import read_records

SHOWN_ARRIVALS = 100
_SHOWN_BYTES = 4_000
_ARRIVAL = re.compile(r"/arrivals/(\d{1,12})(?:/(file|picture)(?:/(\d{1,6})/(\d{1,3}))?)?")
_STEPS = {"change", "shrink", "empty"}
_IMAGES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"RIFF": "image/webp"}


class NotFoundError(Exception):
    """There is no such page, or what it would show is kept no longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageAnswer:
    """What is sent to the browser."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    location: str = ""
    download: str = ""


class PageViews:
    """One for all requests; `token` is in every form."""

    def __init__(self, centre: SimulatedCentre, token: str) -> None:
        self.token = token
        self._centre = centre
        self._office = centre.office
        self._environment = make_environment(next(iter(self._office.profiles.values())).zone)

    def get(self, path: str) -> PageAnswer:
        """The page at this path. Raises NotFoundError."""
        match = _ARRIVAL.fullmatch(path)
        if match:
            return self._arrival(int(match[1]), match[2], match[3], match[4])
        pages: dict[str, Callable[[], PageAnswer]] = {
            "/": lambda: self._page("arrivals.html", **self._arrivals()),
            "/part": lambda: self._page("part.html", **self._arrivals()),
            "/behaviour": self._behaviour,
            "/lists": lambda: self._page("lists.html", here="lists", lists=self._centre.lists.versions),
            "/settings": lambda: self._page("settings.html", here="settings"),
        }
        if path not in pages:
            raise NotFoundError
        return pages[path]()

    def post(self, path: str, form: Mapping[str, str]) -> PageAnswer:
        """Do what a form says, and lead back. Raises NotFoundError."""
        if path == "/next" and form.get("preset") in PRESETS:
            self._office.decisions.order(behaviour_of_preset(form["preset"], form), count_of(form) or 1)
            return PageAnswer(status=303, location="/")
        if path == "/behaviour":
            return self._order(form)
        name, step = form.get("list", ""), form.get("step", "")
        if path == "/lists" and name in LISTS and step in _STEPS:
            self._centre.lists.publish(name, step)  # type: ignore[arg-type]  # one of _STEPS
            return PageAnswer(status=303, location="/lists")
        raise NotFoundError

    def not_found(self) -> PageAnswer:
        """The page that says so."""
        return self._page("missing.html", 404)

    def _page(self, template: str, status: int = 200, **values: Any) -> PageAnswer:
        shown = {"here": "", "token": self.token, "centre": self._centre, "now": self._office.decisions.now, **values}
        return PageAnswer(status=status, body=render(self._environment, template, **shown))

    def _arrivals(self) -> dict[str, Any]:
        newest = self._office.journal.newest()
        return {
            "here": "arrivals",
            "arrivals": newest[:SHOWN_ARRIVALS],
            "totals": self._office.journal.totals,
            "presets": PRESETS,
        }

    def _behaviour(self, form: Mapping[str, str] | None = None, fault: str = "") -> PageAnswer:
        shown = form or fields_of(self._office.decisions.now.standing)
        return self._page(
            "behaviour.html", 400 if fault else 200, here="behaviour", form=shown, fault=fault, ticks=TICKS
        )

    def _order(self, form: Mapping[str, str]) -> PageAnswer:
        try:
            behaviour = behaviour_of_form(form, self._office.decisions.now.standing)
        except ValueError as exc:
            return self._behaviour({**fields_of(self._office.decisions.now.standing), **form}, str(exc))
        self._office.decisions.order(behaviour, count_of(form))
        return PageAnswer(status=303, location="/behaviour")

    def _arrival(self, number: int, what: str | None, record: str | None, field: str | None) -> PageAnswer:
        arrival = self._office.journal.find(number)
        if arrival is None:
            raise NotFoundError
        if what == "picture" and record is not None and field is not None:
            return self._picture(arrival, int(record), int(field))
        if what is not None:
            return self._file(arrival, what)
        records, beginning = self._read(arrival)
        profile = self._office.profiles[arrival.protocol]
        return self._page(
            "arrival.html", here="arrivals", arrival=arrival, records=records, beginning=beginning,
            answers={each.number: each for each in arrival.shown}, pictures=picture_fields(profile),
            reply=arrival.reply.decode("utf-8", "replace"),
        )  # fmt: skip

    def _data(self, arrival: OfficeArrival) -> bytes | None:
        try:
            return arrival.path.read_bytes() if arrival.path else None
        except OSError:
            return None

    def _read(self, arrival: OfficeArrival) -> tuple[list[ReceivedRecord], str]:
        """The first records with all fields, read again from the file, and how it begins."""
        data = self._data(arrival)
        if data is None or arrival.is_picture:
            return [], ""
        records = [] if arrival.problem else list(islice(self._records(arrival, data), SHOWN_RECORDS))
        return records, data[:_SHOWN_BYTES].decode("utf-8", "replace")

    def _records(self, arrival: OfficeArrival, data: bytes) -> list[ReceivedRecord]:
        try:
            return list(read_records(self._profile(arrival), data))
        except ValueError:  # another file has taken its name meanwhile
            return []

    def _profile(self, arrival: OfficeArrival) -> Profile:
        return self._office.profiles[arrival.protocol]

    def _file(self, arrival: OfficeArrival, what: str) -> PageAnswer:
        data = self._data(arrival)
        if data is None:
            raise NotFoundError
        if what == "picture":
            return PageAnswer(body=data, content_type=_image_type(data))
        name = re.sub(r"[^A-Za-z0-9._-]", "_", arrival.name)
        return PageAnswer(body=data, content_type="application/octet-stream", download=name)

    def _picture(self, arrival: OfficeArrival, number: int, field: int) -> PageAnswer:
        data, names = self._data(arrival), picture_fields(self._profile(arrival))
        if data is None or field >= len(names):
            raise NotFoundError
        record = next((each for each in self._records(arrival, data) if each.number == number), None)
        try:
            decoded = base64.b64decode(record.values[names[field]], validate=True) if record else b""
        except (KeyError, binascii.Error, ValueError):
            decoded = b""
        return PageAnswer(body=decoded, content_type=_image_type(decoded))


def _image_type(data: bytes) -> str:
    """By its first bytes. Raises NotFoundError for what is no image: it is shown in our page's origin."""
    found = next((kind for start, kind in _IMAGES.items() if data.startswith(start)), None)
    if found is None:
        raise NotFoundError
    return found
