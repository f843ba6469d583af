# SPDX-License-Identifier: AGPL-3.0-or-later
"""Details of an audit row in words, local times and figures: what the record holds for programs, told to people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from anpr.console.rendering.filters import field_end, local_moment
from anpr.console.rendering.translations import Catalogue

_ENDS = ("until", "valid_to")
"""Moments that something ends before: a day alone is told as included."""

_YEARS = (1900, 9000)
"""Texts that people typed may look like a moment that no local time has: they are told as they are."""

# Words that other pages have already; those of the audit alone are in the section `value`.
_SECTIONS = MappingProxyType(
    {
        "role": ("role",),
        "previous": ("role",),
        "outcome": ("outcome", "run", "proposal_state"),
        "kind": ("proposal_kind", "list_kind"),
        "priority": ("priority",),
        "state": ("state", "delivery"),
        "operation": ("action",),
        "when": ("validity",),
    }
)


# The database keeps no order within a row; a run's figures are told as its report tells them.
_FIGURES = ("stored", "queued", "sent", "accepted", "rejected", "expired")
_RUN_FIGURES = ("run_sent", "run_accepted", "run_rejected", "run_expired", "files", "bytes")
_PLACES = MappingProxyType({name: place for place, name in enumerate(_FIGURES + _RUN_FIGURES)})


@dataclass(frozen=True, kw_only=True, slots=True)
class DetailItem:
    """One thing that a row tells, with its name."""

    name: str
    value: str
    more: str = ""
    """What is shown only on demand: long lists of ids."""


@dataclass(frozen=True, slots=True)
class DetailWriter:
    """Writes details in one language, with times of one zone."""

    t: Catalogue
    zone: ZoneInfo
    gates: Mapping[str, str]
    """What people call each gate, by id."""

    def items(self, detail: Mapping[str, object]) -> list[DetailItem]:
        """Everything that is told of it, in its order; what is empty is left out."""
        told = _without_the_pager(detail)
        return [self._item(name, value) for name, value in told if value is not None and value not in ([], {})]

    def _item(self, name: str, value: object) -> DetailItem:
        if name == "about" and isinstance(value, int):  # a document about one thing, and not about an organisation
            name = "number"
        if name == "transits" and isinstance(value, list):
            return DetailItem(name=self._name(name), value=str(len(value)), more=self._value(name, value))
        return DetailItem(name=self._name(name), value=self._value(name, value))

    def _name(self, name: str) -> str:
        return self.t.either(f"detail.{name}", name.replace("_", " "))

    def _value(self, name: str, value: object) -> str:
        if isinstance(value, bool):
            return self.t(f"detail.{str(value).lower()}")
        if isinstance(value, Mapping):
            return ", ".join(f"{self._key(key)} {self._value(key, value[key])}" for key in sorted(value, key=_place))
        if isinstance(value, list | tuple):
            return ", ".join(self._value(name, each) for each in value)
        if isinstance(value, AtLeast):
            return self.t("detail.at_least", count=value.count)
        return self._text(name, value) if isinstance(value, str) else str(value)

    def _key(self, key: str) -> str:
        """The name of a figure: a word, or a day."""
        day = _date_of(key)
        return f"{day:%d/%m/%Y}:" if day else self._name(key)

    def _text(self, name: str, text: str) -> str:
        day, moment = _date_of(text), _moment_of(text)
        if day is not None:
            return f"{day:%d/%m/%Y}"
        if moment is not None:
            return self._moment(name, moment)
        if name in {"gate", "gates"}:
            return self.gates.get(text, text)
        keys = [f"{section}.{text}" for section in _SECTIONS.get(name, ())] + [f"value.{name}.{text}"]
        known = next((self.t(key) for key in keys if key in self.t.messages), None)
        return known or (self._gate_key(text) if name == "changed" else text)

    def _gate_key(self, text: str) -> str:
        """A key of a gate's definition, or CAMERA.KEY of one of its cameras."""
        camera, _, key = text.rpartition(".")
        word = self.t.either(f"gates.key_{key}", key)
        return f"{camera}: {word}" if camera else word

    def _moment(self, name: str, moment: datetime) -> str:
        if name not in _ENDS:
            return local_moment(moment, self.zone)
        end = field_end(moment, self.zone)
        return self.t("detail.included", day=end) if len(end) == len("dd/mm/yyyy") else end


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A count that stopped at its limit."""

    count: object


def _without_the_pager(detail: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """How many are fetched at once is the program's business; that there may be more is not."""
    limit = detail.get("limit")
    for name, value in detail.items():
        if name == "digests":  # by which the next start of a process is compared
            continue
        if name == "found" and limit is not None and value == limit:
            yield name, AtLeast(value)
        elif name != "limit" or "found" not in detail:
            yield name, value


def _place(name: str) -> tuple[int, str]:
    return _PLACES.get(name, len(_PLACES)), name


def _date_of(text: str) -> date | None:
    if len(text) != len("2026-11-21"):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment_of(text: str) -> datetime | None:
    """A moment with its offset, as the audit holds them; other texts are not taken for times."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_ours = moment.tzinfo and "T" in text and _YEARS[0] < moment.year < _YEARS[1]
    return moment if is_ours else None
