# SPDX-License-Identifier: AGPL-3.0-or-later
"""A completeness report in print: gates by their names, refusals in words, and figures that no column breaks."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anpr.console.rendering.translations import load_catalogues
from anpr.domain.errors import PoisonReason
from anpr.forward.completeness.document import ReportHead, document
from anpr.forward.completeness.words import REFUSALS
from anpr.paper.blocks import Table
from tests.support.completeness import full_balance

MADE_AT = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
HEAD = ReportHead(
    organisation="Comune", municipality="Comune", revision=1, made_at=MADE_AT, zone=ZoneInfo("Europe/Rome"),
    version="0", public_key="key", gates={"nord": "Porta Nord"},
)  # fmt: skip


def test_gates_have_their_names_and_refusals_are_words() -> None:
    balance = full_balance("manager", MADE_AT, 1)
    balance = replace(balance, came=(replace(balance.came[0], gate_id="nord"),))
    came, refused, *_ = (block for block in document(balance, HEAD, {}).blocks if isinstance(block, Table))
    assert came.rows[0][0].startswith("Porta Nord (nord)\n")
    assert refused.rows[0][1] == "contenuto non conforme"


def test_refusals_are_told_as_on_the_status_page() -> None:
    italian = load_catalogues()["it"].messages
    assert {reason: italian[f"parked_reason.{reason}"] for reason in PoisonReason} == REFUSALS
