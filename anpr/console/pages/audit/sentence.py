# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row of the audit as one sentence: who did what, why, for which case, and what it tells besides."""

from dataclasses import dataclass

from anpr.console.pages.audit.detail import DetailWriter
from anpr.store.audit import AuditEvent


@dataclass(frozen=True, slots=True)
class SentenceWriter:
    """Writes sentences in the language of its details."""

    details: DetailWriter

    def sentence(self, event: AuditEvent) -> str:
        """The whole sentence. An action of a newer version is told by its name."""
        t = self.details.t
        actor = t.either(f"actor.{event.actor}", event.actor)
        key = f"did.{event.action}"
        told = t(key, actor=actor) if key in t.messages else t("did.unknown", actor=actor, action=event.action)
        if event.reason:
            told += t("did.because", reason=event.reason)
        if event.case_reference:
            told += t("did.for_case", case=event.case_reference)
        more = ", ".join(f"{item.name} {item.value}" for item in self.details.items(event.detail))
        return f"{told}: {more}." if more else f"{told}."
