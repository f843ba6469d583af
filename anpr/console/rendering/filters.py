# SPDX-License-Identifier: AGPL-3.0-or-later
"""Template filters: how times, shares, plates and health states are written on a page."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from anpr.console.rendering.translations import Catalogue
from anpr.domain.health import CLOCK_SKEWED, DEGRADED_VIEW, DISK_FULL, HealthInterval
from anpr.domain.local_time import last_day_included, offset_when_doubled, start_of_day

# The letters on the blue band (Vienna Convention on Road Traffic, annex 3) for the codes the reader gives, where they
# differ from the code.
_COUNTRY_SIGNS = {
    "AR": "RA", "AT": "A", "BA": "BIH", "BE": "B", "DE": "D", "EE": "EST", "ES": "E", "FI": "FIN", "FR": "F",
    "GB": "UK", "HU": "H", "IE": "IRL", "IN": "IND", "IT": "I", "LI": "FL", "LU": "L", "ME": "MNE", "MK": "NMK",
    "MT": "M", "NO": "N", "PT": "P", "RS": "SRB", "RU": "RUS", "SE": "S", "SI": "SLO", "SM": "RSM", "TW": "RC",
    "US": "USA", "VA": "V",
}  # fmt: skip
_EUROPEAN_UNION = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
_MOST_NAMES = 3
_STATE_MESSAGES = {**dict.fromkeys(DEGRADED_VIEW, "poor"), DISK_FULL: "full", CLOCK_SKEWED: "clock_gap"}


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """Hours, minutes and seconds at the site; with the offset in the hour that comes twice."""
    return f"{moment.astimezone(zone):%H:%M:%S} {offset_when_doubled(moment, zone)}".rstrip()


def local_minute(moment: datetime, zone: ZoneInfo) -> str:
    """Hours and minutes at the site."""
    return moment.astimezone(zone).strftime("%H:%M")


def local_day(moment: datetime, zone: ZoneInfo) -> str:
    """Day, month and year at the site."""
    return moment.astimezone(zone).strftime("%d/%m/%Y")


def iso_day(text: str) -> str:
    """Day, month and year of a day that the audit holds, 2026-12-31. Raises ValueError when it is none."""
    return date.fromisoformat(text).strftime("%d/%m/%Y")


def local_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Day and time at the site."""
    return f"{local_day(moment, zone)} {local_time(moment, zone)}"


def short_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Day and time at the site, without seconds where they are none: how a field of a form is filled in."""
    local = moment.astimezone(zone)
    form = "%d/%m/%Y %H:%M:%S" if local.second else "%d/%m/%Y %H:%M"
    return f"{local.strftime(form)} {offset_when_doubled(moment, zone)}".rstrip()


def universal_moment(moment: datetime) -> str:
    """Day and time in UTC to the millisecond, as stored and sent."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"{text[:-3]} UTC"


def field_start(moment: datetime, zone: ZoneInfo) -> str:
    """The start of a range as a field of a form shows it: the day alone when it begins with it."""
    day = moment.astimezone(zone).date()
    return f"{day:%d/%m/%Y}" if start_of_day(day, zone) == moment else short_moment(moment, zone)


def field_end(moment: datetime, zone: ZoneInfo) -> str:
    """The end of a range as a field of a form shows it: the last day alone when it is included."""
    day = last_day_included(moment, zone)
    return f"{day:%d/%m/%Y}" if day else short_moment(moment, zone)


def percent(share: float) -> str:
    """Whole percent; never 100 % for what is not certain, nor 0 % for what is possible."""
    if share < 0.005:
        return "< 1 %"
    if share < 1:
        share = min(share, 0.994)
    return f"{share * 100:.0f} %"


def country_sign(country: str | None) -> str:
    """What the plate's blue band says; empty when the country is not known."""
    return _COUNTRY_SIGNS.get(country or "", country or "")


def is_european_union(country: str | None) -> bool:
    """Whether the plate's blue band carries the stars; the country is given by its code or its sign."""
    return any(country in (code, country_sign(code)) for code in _EUROPEAN_UNION)


def decimal(number: float, language: str) -> str:
    """With one place after the comma, or the point."""
    text = f"{number:.1f}"
    return text.replace(".", ",") if language == "it" else text


def health_subject(one: HealthInterval, t: Catalogue, gates: Mapping[str, str]) -> str:
    """The camera, reader or clock, with the names of its gates (`gates`: by id), which people know it by."""
    names = [gates[gate_id] for gate_id in one.gate_ids if gate_id in gates]
    subject = t(f"health.{one.kind}", id=one.id)
    if not names:
        return subject
    return f"{subject} ({', '.join(names) if len(names) <= _MOST_NAMES else t('health.many_gates', count=len(names))})"


def state_message_key(state: str) -> str:
    """The message of an interval in this health state: degraded view, disk full, clock skew, or an outage.

    A state that a newer reader sends and we do not know counts as an outage.
    """
    return _STATE_MESSAGES.get(state, "gap")
