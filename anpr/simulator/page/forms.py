# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of the page: fields to a behaviour, and back."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from anpr.simulator.behaviour import Behaviour
from anpr.simulator.decisions import MAX_ORDER

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "accept": {},
    "reject": {"answer": "permanent"},
    "later": {"answer": "transient"},
    "silent": {"receipts": "none"},
    "twice": {"receipts": "twice"},
    "contradictory": {"receipts": "contradictory"},
    "delay": {"delay_s": 10},
    "cut-before": {"cut": "before"},
    "cut-after": {"cut": "after"},
    "disk": {"disk_full": True},
    "unavailable": {"status": 503},
    "redirect": {"redirect": True},
}
"""What the buttons of the first page order for the next files."""
TEXTS = ("answer", "code", "text", "receipts", "cut", "certificate")
TICKS = ("disk_full", "redirect", "wrong_host_key")
NUMBERS = ("receipt_after_s", "delay_s", "status", "clock_offset_s", "every", "share")


def behaviour_of_preset(name: str, form: Mapping[str, str]) -> Behaviour:
    """Of a button; a rejection may have a code of its own."""
    code = form.get("code", "").strip()
    wanted = dict(PRESETS[name])
    if code and name in ("reject", "later") and code.isprintable() and " " not in code and len(code) <= 64:
        wanted["code"] = code
    return Behaviour.model_validate(wanted)


def behaviour_of_form(form: Mapping[str, str], standing: Behaviour) -> Behaviour:
    """Of the whole form; rules stay as they are. Raises ValueError naming the field that is wrong."""
    given: dict[str, Any] = {name: form[name].strip() for name in (*TEXTS, *NUMBERS) if form.get(name, "").strip()}
    given |= {name: bool(form.get(name)) for name in TICKS}
    for name in NUMBERS:
        if name in given:
            given[name] = given[name].replace(",", ".")
    try:
        behaviour = Behaviour.model_validate({**given, "rules": standing.rules})
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        raise ValueError(str(first["loc"][0]) if first["loc"] else "answer") from exc
    if behaviour.is_distrusted and count_of(form) is not None:
        raise ValueError("count")
    return behaviour


def count_of(form: Mapping[str, str]) -> int | None:
    """For how many files; None: until something else is ordered."""
    text = form.get("count", "").strip()
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        return None
    return min(int(text), MAX_ORDER)


def fields_of(behaviour: Behaviour) -> dict[str, str]:
    """The form's fields for this behaviour."""
    found = {name: getattr(behaviour, name) for name in (*TEXTS, *NUMBERS)}
    shown = {
        name: "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in found.items()
    }
    return {**shown, **{name: "on" if getattr(behaviour, name) else "" for name in TICKS}, "count": ""}
