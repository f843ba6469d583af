# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzz test of answers: replies in JSON, XML and SOAP, receipts, and the HTTP that carries them.

    make fuzz-answers ARGS="[--quick] [--count 10000] [--seed 1]"
    python -m scripts.reliability.answers.run …

COUNT answers of each form are made by the seed and judged as a run of forwarding would judge them. None may end in
another error than ForwardError, take long, tell more than a line, or accept a transit that it does not accept plainly.
Progress goes to standard error; the last line of standard output is one JSON object. The exit status is 1 when
something was wrong; each wrong one is named by form and number.
"""

import tempfile
from collections import Counter
from pathlib import Path

import click

from anpr.domain.errors import ForwardError
from anpr.forward.reply.verdict import read_reply
from anpr.forward.transport import open_transport
from anpr.settings import DestinationSettings
from scripts.command import Script, finish, log
from scripts.lab.certificates import Authority
from scripts.lab.held import peak_mb
from scripts.reliability.answers.cases import Case, Outcome, case, complaint, judged, outcome_of
from scripts.reliability.answers.documents import FORMS, RULES
from scripts.reliability.answers.wire import GOOD_MANNERS, MAY_BE_GOOD, OURS, manner, raw_server

QUICK_COUNT = 200
SLOW_S = 10.0
"""Bound for one answer; the slowest has 4 MiB, and machines are shared."""
TIMEOUT_S = 3.0
"""Of the wire: so long one request may take."""
LATE_S = 2.0
"""And so long after that the run is told, on a machine that is shared."""
MOST_MB = 300.0
"""Bound of the resident memory."""


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help=f"{QUICK_COUNT} of each form.")
@click.option("--count", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def main(quick: bool, count: int, seed: int) -> None:
    count = QUICK_COUNT if quick else count
    wrong: list[str] = []
    figures: dict[str, object] = {"count": count, "seed": seed}
    for form in FORMS:
        figures[form] = _figures([_judge(case(seed, form, number), wrong) for number in range(count)])
        log(f"{form}: {figures[form]}")
    with tempfile.TemporaryDirectory(prefix="anpr-answers-") as name:
        figures["wire"] = _figures(over_the_wire(Path(name), seed, count, wrong))
    most_mb = peak_mb()
    if most_mb > MOST_MB:
        wrong.append(f"{most_mb} MB at the peak, more than {MOST_MB:.0f}")
    finish({"ok": not wrong, "wrong": wrong[:20], **figures, "peak_mb": most_mb}, wrong)


def _judge(one: Case, wrong: list[str]) -> Outcome:
    outcome = judged(one)
    if (told := complaint(one, outcome, SLOW_S)) is not None:
        wrong.append(told)
    return outcome


def over_the_wire(folder: Path, seed: int, count: int, wrong: list[str]) -> list[Outcome]:
    """The answers of the raw server, to one request each."""
    authority = Authority(folder, "authority")
    with raw_server(authority.issue("centro", "127.0.0.1"), seed) as port:
        return [_ask(seed, number, port, authority, wrong) for number in range(count)]


def _ask(seed: int, number: int, port: int, authority: Authority, wrong: list[str]) -> Outcome:
    one = manner(seed, number)[0]
    may = frozenset({OURS} if one in MAY_BE_GOOD else ())
    asked = Case(form="wire", number=number, damage=one.__name__, status="", data=b"", ids=(OURS,), may_accept=may)
    outcome = outcome_of(lambda: accepted_of(destination(port, authority), number))
    if (told := complaint(asked, outcome, TIMEOUT_S + LATE_S)) is not None:
        wrong.append(told)
    if one in GOOD_MANNERS and outcome.accepted != {OURS}:
        wrong.append(f"{asked.name}: a good answer is not read: {outcome.refused}")
    return outcome


def destination(port: int, authority: Authority, timeout_s: float = TIMEOUT_S) -> DestinationSettings:
    """The raw server."""
    target = {"kind": "https", "url": f"https://127.0.0.1:{port}/{{name}}", "ca_file": str(authority.certificate)}
    values = {"id": "fuzz", "profile": "scntt-example", "protocol": "test", "protocol_until": "2030-01-01"}
    return DestinationSettings.model_validate({**values, "target": {**target, "timeout_s": timeout_s}})


def accepted_of(settings: DestinationSettings, number: int) -> frozenset[str]:
    """The transits that the raw server's answer of this number accepts. Raises ForwardError."""
    with open_transport(settings) as transport:
        receipt = transport.send(str(number), b"{}")
    rules = RULES["json"]
    if rules.status.meaning(receipt.status) != "ok":
        raise ForwardError(f"{receipt.name}: answered {receipt.status}")
    found = read_reply(rules, receipt)
    return frozenset(id for id in (OURS,) if id in found and found[id].meaning == "ok")


def _figures(outcomes: list[Outcome]) -> dict[str, object]:
    kinds = Counter("accepted" if one.accepted else "refused" if one.refused else "other" for one in outcomes)
    return {**kinds, "slowest_ms": round(1000 * max(one.seconds for one in outcomes))}


if __name__ == "__main__":
    main()
