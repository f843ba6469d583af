# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coverage in words, for files that leave the console: where nobody looked, nothing found means nothing."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from anpr.console.coverage import MOST_GAPS, Coverage
from anpr.console.rendering.filters import health_subject, local_moment, state_message_key
from anpr.console.rendering.translations import Catalogue
from anpr.domain.health import HealthInterval


def coverage_facts(coverage: Coverage, t: Catalogue, names: Mapping[str, str], zone: ZoneInfo) -> list[tuple[str, str]]:
    """Message keys and texts: interruptions, also that none is known, and gates that kept hits only. `names`: of gates,
    by id."""
    told = [_sentence(gap, t, names, zone) for gap in coverage.gaps]
    if len(told) >= MOST_GAPS:
        told.append(t("search.about_gaps_more"))
    facts = [("about_gaps", " ".join(told) or t("search.about_no_gaps"))]
    if coverage.not_kept:
        facts.append(("about_not_kept", " ".join(_not_kept(coverage, t, names))))
    return facts


def _sentence(gap: HealthInterval, t: Catalogue, names: Mapping[str, str], zone: ZoneInfo) -> str:
    key = state_message_key(gap.state) + ("_open" if gap.ended_at is None else "")
    state = t.either(f"health_{gap.kind}.{gap.state}", t.either(f"health.{gap.state}", gap.state))
    since, until = (local_moment(at, zone) for at in (gap.started_at, gap.ended_at or gap.started_at))
    return t(f"health.{key}", subject=health_subject(gap, t, names), state=state, since=since, until=until)


def _not_kept(coverage: Coverage, t: Catalogue, names: Mapping[str, str]) -> Iterator[str]:
    yield t("search.not_kept_text")
    for one in coverage.not_kept:
        yield t("search.not_kept_gate", gate=names.get(one.gate_id, one.gate_id), count=one.number)
