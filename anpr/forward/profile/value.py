# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formats a value by its field's rule: the text that is written, or the reason why it cannot be."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from anpr.forward.profile.field import FieldRule
from anpr.forward.profile.model import CodeTable, Profile
from anpr.forward.profile.sources import PLATE_SOURCES, Value

# Line ends would break lines apart, the others are not allowed in XML 1.0 or cannot be encoded.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Unwritable(Exception):  # noqa: N818  not an error of ours: the transit is rejected and the batch goes on
    """A transit cannot be written as the profile demands; the text says why and never holds a plate."""


def to_text(rule: FieldRule, value: Value, profile: Profile) -> str | None:
    """The text of one field; None leaves the element out. Raises Unwritable."""
    text = rule.value if rule.source is None else _converted(rule, value, profile)
    text = _transformed(text or "", rule)
    if not text:
        if rule.required:
            raise Unwritable(f"{rule.name}: missing")
        text = rule.when_missing
        if text is None:
            return None
    if not text.isprintable() and _UNWRITABLE.search(text):
        raise Unwritable(f"{rule.name}: holds a control character")
    return _padded(_sized(text, rule), rule)


def _converted(rule: FieldRule, value: Value, profile: Profile) -> str | None:
    if value is None:
        return None
    if rule.codes is not None:
        return _coded(rule, str(value), profile.code_tables[rule.codes])
    if isinstance(value, date):  # a datetime is a date
        return format_moment(value, rule.format or "iso", profile.zone)
    if isinstance(value, int | float):
        return _number(rule, value)
    return str(value)


def _coded(rule: FieldRule, value: str, table: CodeTable) -> str:
    code = table.get(value, table.get("*"))
    if code is None:
        shown = "this value" if rule.source in PLATE_SOURCES else repr(value)
        raise Unwritable(f"{rule.name}: {shown} has no code in table {rule.codes}")
    return code


def _number(rule: FieldRule, value: float) -> str:
    # By its decimal digits and half up, as people round: binary arithmetic makes 80 out of 0.805 × 100.
    exact = Decimal(str(value)) * Decimal(str(1 if rule.scale is None else rule.scale))
    return f"{exact.quantize(Decimal(1).scaleb(-(rule.decimals or 0)), rounding=ROUND_HALF_UP):f}"


def format_moment(value: date, form: str, zone: ZoneInfo) -> str:
    """A time in this zone, or a day as it is: `iso` to the second with its offset, `iso-ms`, epoch, or strftime."""
    if not isinstance(value, datetime):
        if form.startswith("epoch"):
            value = datetime(value.year, value.month, value.day, tzinfo=zone)
        else:
            return value.isoformat() if form.startswith("iso") else value.strftime(form)
    named = _NAMED.get(form)
    return named(value.astimezone(zone)) if named else value.astimezone(zone).strftime(form)


def _epoch_ms(value: datetime) -> int:
    # In whole numbers: a float of this size rounds milliseconds away.
    since = value - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


_NAMED: Mapping[str, Callable[[datetime], str]] = MappingProxyType(
    {
        "iso": lambda moment: moment.isoformat(timespec="seconds"),
        "iso-ms": lambda moment: moment.isoformat(timespec="milliseconds"),
        "epoch-s": lambda moment: str(_epoch_ms(moment) // 1000),
        "epoch-ms": lambda moment: str(_epoch_ms(moment)),
    }
)


def _ascii(text: str) -> str:
    """Letters without accents; whatever else ASCII lacks becomes `?`, so that no character is dropped silently."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.encode("ascii", "replace").decode("ascii")


_TRANSFORMS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "upper": str.upper,
        "lower": str.lower,
        "strip": str.strip,
        "ascii": _ascii,
        "digits": lambda text: re.sub(r"[^0-9]", "", text),
        "letters-digits": lambda text: "".join(c for c in text if c.isalnum()),
    }
)


def _transformed(text: str, rule: FieldRule) -> str:
    for name in rule.transform:
        text = _TRANSFORMS[name](text)
    return text


def _sized(text: str, rule: FieldRule) -> str:
    if rule.length is None or len(text) <= rule.length:
        return text
    if rule.too_long == "reject":
        raise Unwritable(f"{rule.name}: {len(text)} characters, at most {rule.length}")
    return text[: rule.length]


def _padded(text: str, rule: FieldRule) -> str:
    if rule.pad is None or rule.length is None:
        return text
    if rule.align == "left":
        return text.ljust(rule.length, rule.pad)
    # zfill keeps a minus sign in front of the zeros.
    return text.zfill(rule.length) if rule.pad == "0" else text.rjust(rule.length, rule.pad)
