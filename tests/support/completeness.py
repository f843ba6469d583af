# SPDX-License-Identifier: AGPL-3.0-or-later
"""A completeness report in a console's archive, with something of everything in it."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from anpr.domain.completeness import BlindSpell, CameLine, DayBalance, DestinationLine, MissingSpan
from anpr.domain.delivery import LiveState
from anpr.forward.completeness.making import as_figures, with_stages
from anpr.store.accounting.reports import ArchivedReport, ReportFiles, add_report
from anpr.store.accounting.unqueued import tell_destination
from anpr.store.forwarding.standing import LiveStanding, StageStanding, note_live, tell_stage
from tests.support.fixtures_console import Site

LONG = "lettore-della-porta-nord-con-un-nome-che-non-finisce-mai-0123456"
FILES = ReportFiles(html=b"<p>", pdf=b"%PDF", csv=b"a;b", manifest=b"{}", signature=b"s" * 64)


def archive_report(site: Site, organisation: str = "manager", *, gates: int = 3) -> int:
    """Archive the report of yesterday, and of the days before that the status page looks at; returns the first's id."""
    today = site.clock.now().astimezone(site.settings.zone).date()
    balance = full_balance(organisation, site.clock.now(), gates)
    stage = tell_standing(site, organisation)
    told = {"questura": json.loads(json.dumps(asdict(stage), default=str))}
    numbers = []
    for back in (1, 2):
        day = today - timedelta(days=back)
        report = ArchivedReport(
            id=0, organisation_id=organisation, day=day, revision=1, made_at=site.clock.now(),
            verdict=balance.verdict.value, figures=with_stages(as_figures(balance), told), mailed_at=None,
            mail_failure="mail server posta.comune.example: connection refused",
        )  # fmt: skip
        with site.database.transaction() as conn:
            numbers.append(add_report(conn, report, FILES))
    return numbers[0]


def tell_standing(site: Site, organisation: str = "manager") -> StageStanding:
    """A destination whose profile is below `tested`, which is refused, and whose live forwarding does not work."""
    now = site.clock.now()
    stage = StageStanding(
        profile=f"profilo-{LONG} 2026-11-23",
        stage="site-supplied",
        office="Questura di Prova, Divisione con un nome molto lungo per una riga sola",
        stage_date=now.date(),
        document="protocollo_" * 6,
        refusal="below tested",
        refused_for="stage",
        despite_reason="fase di prova concordata per telefono e poi per lettera",
        despite_until=now.date(),
    )
    live = LiveStanding(
        state=LiveState.RETRYING, since=now - timedelta(hours=3), seen_at=now, next_at=now + timedelta(minutes=15),
        error="https://collettore.questura.example: T_questura_20261121_00001.json: no answer within 60 s " * 2,
        delivered=0, p50_s=None, p95_s=None,
    )  # fmt: skip
    with site.database.transaction() as conn:
        tell_destination(conn, "questura", organisation, now)
        tell_stage(conn, "questura", stage, is_live=True)
        note_live(conn, "questura", live)
    return stage


def full_balance(organisation: str, now: datetime, gates: int) -> DayBalance:
    """A day on which everything went wrong that can."""
    since = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    noon = since + timedelta(hours=12)
    lines = [
        CameLine(
            gate_id=f"varco-{number}-{LONG}"[:60], reader_id=LONG, stored=1_234_567, discarded=12, refused=3,
            numbered=1_234_580, unnumbered=0, recovered=1, duplicates=17, late=4,
        )
        for number in range(gates)
    ]  # fmt: skip
    destination = DestinationLine(
        destination="questura",
        stored=1_234_567,
        states={"queued": 5, "sent": 1_000_000, "accepted": 234_000, "rejected": 60, "expired": 2},
        withheld={"dropped": 400, "erased": 1},
        not_listed=99,
        reasons=(("rejected", "image plate: larger than the profile allows " * 3, 60),),
        has_run=False,
    )
    return DayBalance(
        organisation_id=organisation,
        day=since.date(),
        since=since,
        until=since + timedelta(days=1),
        came=tuple(lines),
        refused=((LONG, "wrong-shape", 3),),
        missing=(
            MissingSpan(reader_id=LONG, first=7, last=9, after_at=noon, before_at=noon, is_lost=True),
            MissingSpan(reader_id="r2", first=10**14, last=10**14 + 5, after_at=noon, before_at=noon, is_lost=False),
        ),
        destinations=(destination,),
        blind=(
            BlindSpell(kind="camera", subject=LONG, state="dark", since=noon, until=noon + timedelta(minutes=20)),
            BlindSpell(kind="reader", subject="r2", state="away", since=noon, until=None),
        ),
    )
