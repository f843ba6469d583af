# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a proposal would change, as its page tells it: line by line, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from anpr.console.pages.watchlists.preview import Shown, describe
from anpr.console.rendering.filters import field_end, field_start
from anpr.console.state import Console
from anpr.listfiles.proposing import order_of_proposal
from anpr.store.watchlists.proposals import Proposal, ProposalKind
from anpr.store.watchlists.uploads import Upload

_ENTRY = {"plate": "plate", "reason": "text", "valid_from": "since", "valid_to": "until",
          "instructions": "instructions"}  # fmt: skip
_SETTINGS = {
    "name": "full_name",
    "kind": "kind",
    "priority": "priority",
    "purpose": "purpose",
    "legal_basis": "legal_basis",
    "match": "match",
    "min_probability": "share",
    "valid_to": "last_day",
    "stale_after_hours": "hours",
    "instructions": "instructions",
    "second_person": "second_person",
    "urgent_hours": "urgent_hours",
}
_WORDS = {"kind": "list_kind", "priority": "priority", "match": "match_name", "second_person": "said"}
"""Values that have words of their own, and where those are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A value: its text, or the key of its words."""

    text: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One field. `before` and `after` are alike where nothing changes."""

    label: str
    before: Told
    after: Told


def lines_of(proposal: Proposal, zone: ZoneInfo) -> list[Line]:
    """The fields of the entry, or the settings that change."""
    if proposal.kind in {ProposalKind.IMPORT, ProposalKind.UNDO, ProposalKind.DELETE}:
        return []
    labels = _SETTINGS if proposal.kind is ProposalKind.SETTINGS else _ENTRY
    after = proposal.content or proposal.before
    before = proposal.before or after
    changes = [name for name in labels if name in after]
    if proposal.kind is ProposalKind.SETTINGS:
        changes = [name for name in changes if before.get(name) != after[name]]
    return [_line(labels[name], name, before, after, zone) for name in changes]


def shown_file(console: Console, proposal: Proposal) -> Shown | None:
    """The file that waits, as it is understood, and what it would change now; None of another
    proposal, and of a file that is too large to be read for each look."""
    if proposal.kind is not ProposalKind.IMPORT or proposal.file is None or proposal.content.get("packed"):
        return None
    order = order_of_proposal(proposal)
    how = proposal.content["how"]
    kept = Upload(watchlist_id=proposal.watchlist_id, file_name=order.name, content=order.content, mode=order.mode,
                  source=order.source, how=how)  # fmt: skip
    return describe(console, kept, is_delivery="delivery" in proposal.content)


def is_as_proposed(shown: Shown, proposal: Proposal) -> bool:
    """Whether the file would still do what it did when it was proposed."""
    counts = proposal.content["counts"]
    told = "-".join(str(counts[name]) for name in ("added", "changed", "unchanged", "removed"))
    return shown.counts == told


def _line(label: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any], zone: ZoneInfo) -> Line:
    return Line(label=label, before=_told(name, before.get(name), zone), after=_told(name, after[name], zone))


def _told(name: str, value: Any, zone: ZoneInfo) -> Told:
    if name in _WORDS and value is not None:
        return Told(key=f"{_WORDS[name]}.{str(value).lower()}")
    if name in {"valid_from", "valid_to"}:
        if not value:
            return Told(key="watchlists.always" if name == "valid_from" else "watchlists.no_end")
        moment = datetime.fromisoformat(value)
        return Told(text=(field_start if name == "valid_from" else field_end)(moment, zone))
    if name == "min_probability":
        return Told(text=f"{value * 100:g} %")
    return Told(text="–" if value in {None, ""} else str(value))
