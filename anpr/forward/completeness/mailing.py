# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail that tells of a completeness report: verdict and sums, no plate; the report itself is in the console."""

from collections.abc import Callable, Iterator

from anpr.domain.completeness import Verdict
from anpr.domain.errors import MailError
from anpr.forward.completeness.words import SHORTFALLS, VERDICTS, stage_facts
from anpr.mail.message import Mail
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.accounting.reports import ArchivedReport, note_mail
from anpr.store.database.connection import Database

Send = Callable[[Mail], None]


def mail_report(
    database: Database, settings: Settings, clock: Clock, send: Send, report: ArchivedReport, organisation: str
) -> None:
    """Mail the report to each address of the settings that does not have it, and note it. Raises MailError, after all
    were tried and what failed was noted; StoreError."""
    failures: list[MailError] = []
    have = list(report.mailed_to)
    for address in settings.completeness.mail_to:
        if address in have:
            continue
        try:
            send(report_mail(report, organisation, settings, address))
        except MailError as exc:
            failures.append(exc)
        else:
            have.append(address)
    failure = "; ".join(map(str, failures)) or None
    with database.transaction() as conn:
        note_mail(conn, report.id, None if failure else clock.now(), failure, have)
    if failure:
        raise MailError(failure, permanent=all(each.permanent for each in failures))


def report_mail(report: ArchivedReport, organisation: str, settings: Settings, address: str) -> Mail:
    """The mail, with an id of its own for each revision: who has it twice knows that it is the same."""
    day = report.day.strftime("%d/%m/%Y")
    found = report.figures["shortfalls"]
    lines = [
        f"{settings.municipality}, {organisation}",
        f"Rapporto di completezza del {day}, revisione {report.revision}",
        VERDICTS[Verdict(report.verdict)],
        "",
        *(f"- {word}: {found[kind]}" for kind, word in SHORTFALLS.items() if kind in found),
        *_stages(report),
        "",
        "Il rapporto intero (HTML, PDF, CSV, firmato) è nella console: Stato, Rapporti di completezza.",
    ]
    return Mail(
        to=address,
        subject=f"Completezza {day}: {VERDICTS[Verdict(report.verdict)].split(':')[0].lower()}",
        text="\n".join(lines),
        id=f"completeness-{report.id}-{report.day.isoformat()}-{report.revision}",
    )


def _stages(report: ArchivedReport) -> Iterator[str]:
    for line in report.figures["destinations"]:
        if stage := line.get("stage"):
            yield f"- destinazione {line['destination']}: " + "; ".join(text for _, text in stage_facts(stage))
