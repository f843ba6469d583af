# SPDX-License-Identifier: AGPL-3.0-or-later
"""A handover as a document for paper: one A4 for a usual shift; what is cut is counted, and stays in the system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.console.rendering.filters import local_minute, local_moment
from anpr.console.rendering.translations import Catalogue
from anpr.domain.handover import Handover
from anpr.paper.blocks import Block, Document, Facts, Heading, Paragraph, Signatures, Table
from anpr.store.handovers.shown import Named

_LINES = 30
"""Lines of text and rows of tables that fit on the page beside its heads and signatures."""
_LINE = 105
"""Characters of a line of words."""
_LEAST = 5
"""Rows of alarms, and of words, that are there whatever else is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Writes in one language, with the site's name and times of its zone."""

    t: Catalogue
    zone: ZoneInfo
    municipality: str

    def document(self, handover: Handover, named: Named) -> Document:
        """The whole document."""
        t, facts = self.t, handover.facts
        blocks: list[Block] = [Facts(rows=self._head(handover, named))]
        said = [text for text in (handover.text, handover.remark) if text]
        room = _LINES - sum(len(text) // _LINE + text.count("\n") + 1 for text in said)
        if handover.text:
            blocks += [Heading(t("handover.text")), Paragraph(handover.text)]
        if handover.remark:
            blocks += [Heading(t("handover.remark")), Paragraph(handover.remark)]
        alarms = self._alarms(handover, named)
        most = max(_LEAST, min(len(alarms), room - min(len(named.words), _LEAST)))
        blocks += self._table("alarms", ("vehicle", "kind", "gate", "seen", "holder"), alarms, facts.open, most)
        words = [
            (self._at(each.at), self._vehicle(named, each.alarm_id), f"{each.author}: {each.text}")
            for each in named.words
        ]
        blocks += self._table(
            "notes", ("at", "vehicle", "words"), words, len(words), max(_LEAST, room - most), (2, 2, 8)
        )
        names = (handover.outgoing, handover.incoming or "")
        times = (facts.at, handover.incoming_at)
        signed = [f"{name} {self._at(time)}" if time else "" for name, time in zip(names, times, strict=True)]
        blocks.append(Signatures(((t("handover.outgoing"), signed[0]), (t("handover.incoming"), signed[1]))))
        title = t("handover.one", number=handover.id)
        return Document(
            title=title, subtitle=self.municipality, footer=f"{title} · SHA-256 {handover.digest}", blocks=tuple(blocks)
        )

    def _head(self, handover: Handover, named: Named) -> tuple[tuple[str, str], ...]:
        t, facts = self.t, handover.facts
        closed = ", ".join(f"{t(f'outcome.{outcome}')} {count}" for outcome, count in sorted(facts.closed.items()))
        blind = ", ".join(
            f"{named.gates.get(each.gate_id, each.gate_id)} ({self._at(each.since)})" for each in facts.blind
        )
        hushed = ", ".join(
            f"{named.suppressed.get(each.id, t('handover.gone'))} ({self._at(each.until)})"
            for each in facts.suppressions
        )
        people = ", ".join(
            f"{each.name} ({local_minute(each.first, self.zone)}–{local_minute(each.last, self.zone)})"
            for each in facts.people
        )
        none = t("handover.none")
        return (
            (t("handover.shift"), t("handover.range", since=self._at(facts.since), until=self._at(facts.at))),
            (t("handover.people"), people or none),
            (t("handover.open"), t("handover.open_text", open=facts.open, held=self._held(handover), past=facts.past)),
            (t("handover.closed"), closed or none),
            (t("handover.blind"), blind or t("handover.none_blind")),
            (t("handover.suppressions"), hushed or t("handover.none_suppressed")),
        )

    def _held(self, handover: Handover) -> int:
        return sum(1 for alarm in handover.facts.alarms if alarm.holder)

    def _alarms(self, handover: Handover, named: Named) -> list[tuple[str, ...]]:
        t = self.t
        return [
            (
                self._vehicle(named, alarm.id),
                f"{t(f'list_kind.{alarm.kind}')} · {t(f'priority.{alarm.priority}')}",
                named.gates.get(alarm.gate_id, alarm.gate_id),
                self._at(alarm.last_seen_at),
                alarm.holder or t("handover.nobody"),
            )
            for alarm in handover.facts.alarms
        ]

    def _vehicle(self, named: Named, alarm_id: int) -> str:
        return named.vehicles.get(alarm_id, self.t("handover.gone_alarm", number=alarm_id))

    def _table(
        self,
        name: str,
        columns: Sequence[str],
        rows: Sequence[tuple[str, ...]],
        all_rows: int,
        most: int,
        widths: tuple[int, ...] = (2, 4, 4, 3, 3),
    ) -> list[Block]:
        t = self.t
        shown = rows[:most]
        blocks: list[Block] = [Heading(t(f"handover.{name}"))]
        if not shown:
            return [*blocks, Paragraph(t(f"handover.none_{name}"))]
        header = tuple(t(f"handover.{column}") for column in columns)
        blocks.append(Table(header=header, rows=tuple(shown), widths=widths))
        if all_rows > len(shown):
            blocks.append(Paragraph(t.counted("handover.more", all_rows - len(shown))))
        return blocks

    def _at(self, moment: datetime) -> str:
        return local_moment(moment, self.zone)[:-3]
