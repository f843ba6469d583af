# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verdicts of a conformance run, and what stands in its report."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.errors import ForwardError, InputError
from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.document import ConformanceHead, conformance_document
from anpr.forward.conformance.outcome import CaseOutcome, verdict_of
from anpr.forward.conformance.run import cases_for
from anpr.forward.conformance.sample import MOST, sample_of
from anpr.forward.conformance.target import check_may_test, destination_of
from anpr.forward.conformance.words import got
from anpr.forward.profile.layout import OutFile
from anpr.forward.profile.load import load_profile
from anpr.forward.profile.sections import Status
from anpr.paper.html import as_html
from anpr.settings import DestinationSettings, Settings
from scripts.lab.transits import make_transit

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
FILE = OutFile(name="a.xml", data=b"<a/>")


def outcome(expected: ExpectedOutcome, **values: Any) -> CaseOutcome:
    times = values.pop("times", 1)
    transits = () if expected is ExpectedOutcome.NOTHING else (make_transit(1),)
    case = ConformanceCase(
        id="x", title="X", what="x", expected=expected, day=date(2026, 11, 29), transits=transits, times=times
    )
    values["refused"] = Counter(values.get("refused", {}))
    return CaseOutcome(case=case, **values)


@pytest.mark.parametrize(
    ("expected", "values", "verdict"),
    [
        (ExpectedOutcome.ACCEPTED, {"written": 1, "accepted": 1}, "passed"),
        (ExpectedOutcome.ACCEPTED, {"written": 1, "silent": 1}, "open"),
        (ExpectedOutcome.ACCEPTED, {"written": 1, "rejected": 1}, "failed"),
        (ExpectedOutcome.ACCEPTED, {"written": 1, "again": 1}, "failed"),
        (ExpectedOutcome.ACCEPTED, {"refused": {"x": 1}}, "failed"),
        (ExpectedOutcome.ACCEPTED, {"written": 1, "failure": "cut"}, "failed"),
        (ExpectedOutcome.ACCEPTED, {"times": 2, "written": 2, "accepted": 1, "rejected": 1}, "open"),
        (ExpectedOutcome.ACCEPTED, {"times": 2, "written": 2, "rejected": 2}, "failed"),
        (ExpectedOutcome.REFUSED_HERE, {"refused": {"x": 1}}, "passed"),
        (ExpectedOutcome.REFUSED_HERE, {"written": 1, "accepted": 1}, "failed"),
        (ExpectedOutcome.REJECTED_THERE, {"written": 1, "rejected": 1}, "passed"),
        (ExpectedOutcome.REJECTED_THERE, {"written": 1, "accepted": 1}, "open"),
        (ExpectedOutcome.NOTHING, {}, "passed"),
        (ExpectedOutcome.NOTHING, {"files": [FILE]}, "failed"),
        (ExpectedOutcome.NOT_APPLICABLE, {}, "not-applicable"),
    ],
)
def test_a_case_is_judged_by_what_was_expected(expected: ExpectedOutcome, values: dict[str, Any], verdict: str) -> None:
    assert outcome(expected, **values).verdict == verdict


def test_the_whole_is_as_good_as_its_worst_case() -> None:
    good = outcome(ExpectedOutcome.NOTHING)
    unsure = outcome(ExpectedOutcome.ACCEPTED, written=1, silent=1)
    bad = outcome(ExpectedOutcome.ACCEPTED, written=1, rejected=1)
    assert [verdict_of(each) for each in ([good], [good, unsure], [good, unsure, bad])] == ["passed", "open", "failed"]


def test_a_sample_is_short_and_has_no_images_and_only_signs_that_can_be_printed() -> None:
    data = f"<a><b>Ž</b><c>{'QUJD' * 100}</c><d>漢\x00</d></a>".encode()
    assert sample_of(data, "utf-8") == "<a><b>Ž</b>\n<c>[400 caratteri base64]</c>\n<d>\\u6f22\\u0000</d></a>"
    long = sample_of(b"ab " * 10_000, "ascii")
    assert len(long) <= MOST + 5
    assert long.endswith("[…]")


def head() -> ConformanceHead:
    return ConformanceHead(
        municipality="Comune di <Prova>",
        destination="questura",
        address="sftp://u@h:22/in",
        protocol="",
        reason="prima prova",
        actor="os:anna",
        begun_at=NOW,
        ended_at=NOW,
        zone=ZoneInfo("Europe/Rome"),
        version="1",
        public_key="ed25519:x",
        profile_digest="ab" * 32,
    )


def test_the_report_tells_who_what_and_which_profile_and_asks_the_office() -> None:
    profile = load_profile("scntt-example")
    outcomes = [CaseOutcome(case=case) for case in cases_for(profile, NOW)]
    for each in outcomes:
        if each.case.expected is ExpectedOutcome.ACCEPTED:
            each.files, each.written, each.silent = [FILE], 1, 1
    page = as_html(conformance_document(profile, outcomes, head())).decode()
    for text in (
        "scntt-example, revisione",
        "esempio del programma",
        "ab" * 32,
        "prima prova",
        "os:anna",
        "non indicato",
    ):
        assert text in page
    assert "Comune di &lt;Prova&gt;" in page
    assert page.count("Il centro ha un solo transito") == 1
    assert "Per l&#39;ufficio che riceve" in page
    assert "&lt;a/&gt;" in page


def test_what_came_is_told_in_words() -> None:
    told = got(
        outcome(ExpectedOutcome.ACCEPTED, written=2, accepted=1, silent=1, answers=["200", "200"], failure="cut")
    )
    assert told == "errore: cut\nscritti 2: accettati 1, senza risposta 1\nrisposte: 200"
    assert got(outcome(ExpectedOutcome.REFUSED_HERE, refused={"plate: missing": 1})) == (
        "rifiutato dal profilo: 1, plate: missing"
    )


def site(**changes: Any) -> Settings:
    values = {
        "id": "questura",
        "profile": "scntt-example",
        "target": "sftp://u@h/in",
        "protocol": "P",
        "protocol_until": date(2030, 1, 1),
        "known_hosts_file": "/etc/known_hosts",
        "key_file": "/etc/key",
        **changes,
    }
    return Settings(forwarding=(DestinationSettings.model_validate(values),))


def test_a_target_is_a_destination_or_a_folder() -> None:
    folder = destination_of(site(), "mine.yaml", "directory:/srv/prova")
    assert (folder.target.address, folder.profile) == ("directory:/srv/prova", "mine.yaml")
    assert destination_of(site(), "mine.yaml", "questura").profile == "mine.yaml"
    with pytest.raises(InputError, match=r"no destination 'questur'.*did you mean"):
        destination_of(site(), "mine.yaml", "questur")


def test_an_accepted_profile_is_tested_again_only_when_somebody_says_so() -> None:
    accepted = {"stage": "accepted", "office": "Q", "date": "2026-11-01", "document": "n. 1"}
    profile = load_profile("scntt-example")
    status = Status.model_validate_json(json.dumps(accepted))
    accepted_profile = profile.model_copy(update={"status": status})
    live, folder = (destination_of(site(), "x", target) for target in ("questura", "directory:/srv/prova"))
    check_may_test(profile, live, despite_stage=False)
    check_may_test(accepted_profile, folder, despite_stage=False)
    check_may_test(accepted_profile, live, despite_stage=True)
    with pytest.raises(ForwardError, match="with --despite-stage only"):
        check_may_test(accepted_profile, live, despite_stage=False)
