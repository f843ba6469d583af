# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formats a value by its field's rule: the text that is written, or the reason why it cannot be."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from anpr.forward.profile.encoding import FixedWidthEncoding
from anpr.forward.profile.field import FieldRule
from anpr.forward.profile.model import CodeTable, Profile
from anpr.forward.profile.sources import PLATE_SOURCES, Value

# Line ends would break lines apart, the others are not allowed in XML 1.0 or cannot be encoded.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Unwritable(Exception):  # noqa: N818  not an error of ours: the transit is rejected and the batch goes on
    """A transit cannot be written as the profile demands; the text says why and never holds a plate."""


TextOf = Callable[[Value], str | None]
"""Makes the text of one field; None leaves the element out. Raises Unwritable."""


def to_text(rule: FieldRule, value: Value, profile: Profile) -> str | None:
    """The text of one field; None leaves the element out. Raises Unwritable."""
    return text_maker(rule, profile)(value)


def text_maker(rule: FieldRule, profile: Profile) -> TextOf:
    """The rule as a function: what does not depend on the value is looked up here, once for a profile.

    A field with a fixed value, and one with `type` text, is handed texts; the others numbers or times; all of them
    None for what is missing.
    """
    convert, finish = _converter(rule, profile), _finisher(rule, profile)
    if rule.source is None:
        fixed = rule.value or ""
        return lambda _: finish(fixed)
    return lambda value: finish("" if value is None else convert(value))


def _converter(rule: FieldRule, profile: Profile) -> Callable[[Any], str]:
    if rule.codes is not None:
        return _coder(rule, profile.code_tables[rule.codes])
    if rule.type == "datetime":
        return moment_maker(rule.format or "iso", profile.zone)
    return str if rule.type == "text" else number_maker(rule)


def _coder(rule: FieldRule, table: CodeTable) -> Callable[[Value], str]:
    def code_of(value: Value) -> str:
        code = table.get(str(value), table.get("*"))
        if code is None:
            shown = "this value" if rule.source in PLATE_SOURCES else repr(str(value))
            raise Unwritable(f"{rule.name}: {shown} has no code in table {rule.codes}")
        return code

    return code_of


def number_maker(rule: FieldRule) -> Callable[[float | str], str]:
    """Writes a number, or its decimal digits."""
    scale = Decimal(str(1 if rule.scale is None else rule.scale))
    step = Decimal(1).scaleb(-(rule.decimals or 0))
    # By its decimal digits and half up, as people round: binary arithmetic makes 80 out of 0.805 × 100.
    return lambda value: f"{(Decimal(str(value)) * scale).quantize(step, ROUND_HALF_UP):f}"


def _finisher(rule: FieldRule, profile: Profile) -> Callable[[str], str | None]:
    """Transforms, what stands for nothing, length and padding."""
    name, required, missing = rule.name, rule.required, rule.when_missing
    transforms = tuple(_TRANSFORMS[each] for each in rule.transform)
    fitted = _fitter(rule, exact=isinstance(profile.encoding, FixedWidthEncoding))

    def finish(text: str) -> str | None:
        for transform in transforms:
            text = transform(text)
        if not text:
            if required:
                raise Unwritable(f"{name}: missing")
            if missing is None:
                return None
            text = missing
        if not text.isprintable() and _UNWRITABLE.search(text):
            raise Unwritable(f"{name}: holds a control character")
        return text if fitted is None else fitted(text)

    return finish


def format_moment(value: date, form: str, zone: ZoneInfo) -> str:
    """A time in this zone, or a day as it is: `iso` to the second with its offset, `iso-ms`, epoch, or strftime."""
    return moment_maker(form, zone)(value)


def moment_maker(form: str, zone: ZoneInfo) -> Callable[[date], str]:
    """`format_moment` for this form and zone."""
    named: Callable[[datetime], str] = _NAMED.get(form) or (lambda moment: moment.strftime(form))

    def text(value: date) -> str:
        if not isinstance(value, datetime):
            if not form.startswith("epoch"):
                return value.isoformat() if form.startswith("iso") else value.strftime(form)
            value = datetime(value.year, value.month, value.day, tzinfo=zone)
        return named(value.astimezone(zone))

    return text


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


def _fitter(rule: FieldRule, *, exact: bool) -> Callable[[str], str] | None:
    """Keeps a text to the rule's length; `exact`: a column of fixed width. None where there is nothing to keep to."""
    name, length, pad = rule.name, rule.length, rule.pad or (" " if exact else "")
    if length is None:
        return None
    padded = _padder(length, pad, is_left=rule.align == "left") if pad else str

    def fitted(text: str) -> str:
        if len(text) > length:
            if rule.too_long == "reject":
                raise Unwritable(f"{name}: {len(text)} characters, at most {length}")
            return text[:length]
        return padded(text)

    return fitted


def _padder(length: int, pad: str, *, is_left: bool) -> Callable[[str], str]:
    if is_left:
        return lambda text: text.ljust(length, pad)
    # zfill keeps a minus sign in front of the zeros.
    return (lambda text: text.zfill(length)) if pad == "0" else (lambda text: text.rjust(length, pad))
