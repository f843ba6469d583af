# SPDX-License-Identifier: AGPL-3.0-or-later
"""The verdict in Italian sentences: what decides it, how many vehicles are missing, what was not tested."""

from collections.abc import Iterator, Sequence

from anpr.accept.count.vehicle import Lighting
from anpr.accept.folder.records import Side
from anpr.accept.judge.figures import FigureGroup, Measure
from anpr.accept.judge.verdict import LEAST, AcceptanceVerdict, Judgement
from anpr.accept.sheet.words import LIGHTS, MEASURES, SIDES, VERDICTS, group_name, interval_text, percent


def banner_text(verdict: AcceptanceVerdict | None) -> str:
    """The verdict in a few words."""
    if verdict is None:
        return "Nessuna soglia indicata: la scheda riporta le sole cifre"
    if verdict is AcceptanceVerdict.OPEN:
        return "Esito: n troppo piccolo per decidere"
    return f"Esito: {VERDICTS[verdict]}"


def reasons(judgements: Sequence[Judgement], verdict: AcceptanceVerdict | None) -> Iterator[str]:
    """A sentence for each group that keeps the test from being passed; one sentence when none does."""
    decisive = [one for one in judgements if one.verdict is verdict]
    if verdict is AcceptanceVerdict.PASSED:
        groups = ", ".join(dict.fromkeys(group_name(one.group).lower() for one in judgements))
        yield f"Ogni soglia è superata con tutto l'intervallo, in ogni gruppo provato: {groups}."
        return
    for one in decisive:
        yield _sentence(one)


def _sentence(one: Judgement) -> str:
    place = f"{group_name(one.group)}, {MEASURES[one.measure].lower()}: "
    threshold = percent(one.threshold)
    unit = "passaggi" if one.measure is Measure.COVERAGE else "passaggi con targa leggibile"
    if one.share.value is None:
        return f"{place}nessun veicolo contato; servono almeno {one.needed} {unit}."
    observed = f"{percent(one.share.value)} su {one.share.of}, intervallo {interval_text(one.share)}"
    if one.verdict is AcceptanceVerdict.FAILED:
        return f"{place}{observed}: tutto sotto la soglia di {threshold}."
    if one.needed is None:
        return f"{place}{observed}: la quota è pari alla soglia di {threshold}, e nessun numero di passaggi decide."
    if one.share.of < one.needed == LEAST:
        return f"{place}{observed}: troppo pochi per qualunque esito; servono almeno {one.needed} {unit}."
    side = "superarla" if one.share.value > one.threshold else "dire che non è raggiunta"
    return (
        f"{place}{observed}: la soglia di {threshold} sta nell'intervallo; se la quota resta questa, per {side} "
        f"servono almeno {one.needed} {unit}."
    )


def untested(groups: Sequence[FigureGroup]) -> str:
    """Which of day, night, front and rear no vehicle was counted in; empty when all were."""
    lights = [LIGHTS[light] for light in Lighting if not any(group.light is light for group in groups)]
    sides = [f"lato {SIDES[side]}" for side in Side if not any(group.side is side for group in groups)]
    missing = [*lights, *sides]
    return f"Non provati: {', '.join(missing)}. L'esito non vale per queste condizioni." if missing else ""
