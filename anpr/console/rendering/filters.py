# SPDX-License-Identifier: AGPL-3.0-or-later
"""Template filters: how times, shares, plates and health states are written on a page."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anpr.domain.errors import InputError
from anpr.domain.health import CLOCK_SKEWED, DEGRADED_VIEW, DISK_FULL

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
_STATE_MESSAGES = {**dict.fromkeys(DEGRADED_VIEW, "poor"), DISK_FULL: "full", CLOCK_SKEWED: "clock_gap"}


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """Hours, minutes and seconds at the site."""
    return moment.astimezone(zone).strftime("%H:%M:%S")


def local_day(moment: datetime, zone: ZoneInfo) -> str:
    """Day, month and year at the site."""
    return moment.astimezone(zone).strftime("%d/%m/%Y")


def local_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Day and time at the site."""
    return f"{local_day(moment, zone)} {local_time(moment, zone)}"


def universal_moment(moment: datetime) -> str:
    """Day and time in UTC to the millisecond, as stored and sent."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"{text[:-3]} UTC"


def field_moment(moment: datetime, zone: ZoneInfo) -> str:
    """As <input type="datetime-local"> wants it."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def parse_field_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """UTC from what such a field sends; None when it was left empty. Raises InputError.

    In the hour that happens twice in autumn the first one is meant.
    """
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise InputError(f"not a date and time: {text[:32]}") from exc
    return moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC)


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


def state_message_key(state: str) -> str:
    """The message of an interval in this health state: degraded view, disk full, clock skew, or an outage.

    A state that a newer reader sends and we do not know counts as an outage.
    """
    return _STATE_MESSAGES.get(state, "gap")
