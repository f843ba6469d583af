# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr accept report`: the reads against the count, as a sheet."""

import json
import re
from datetime import time
from pathlib import Path
from typing import Any

import click

import anpr
from anpr.accept.count.contact import write_contact_page
from anpr.accept.count.sheet_rows import lay_out
from anpr.accept.folder.workspace import Workspace
from anpr.accept.judge.figures import Measure
from anpr.accept.judge.light import LightAt, light_by_hours, light_by_sun
from anpr.accept.judge.verdict import CLASS_THRESHOLDS
from anpr.accept.report import HTML, PDF, ReportOptions, as_object, write_report
from anpr.accept.sheet.contents import SheetFacts
from anpr.accept.sheet.verdict_words import banner_text, reasons
from anpr.accept.sheet.words import MEASURES, group_name, share_text
from anpr.cli.common.duration import DURATION
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings

_PERCENT = click.FloatRange(min=0, max=100, min_open=True, max_open=True)


class _Hours(click.ParamType[tuple[time, time]]):
    """Two times of day, as `07:30-17:00`."""

    name = "HH:MM-HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[time, time]:
        found = re.fullmatch(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", str(value).strip())
        try:
            if found:
                return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        except ValueError:
            pass
        self.fail(f"{value!r} is not two times of day; write 07:30-17:00", param, ctx)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--class", "class_name", type=click.Choice(list(CLASS_THRESHOLDS)), help="Class of UNI 10772 that is wanted."
)
@click.option("--min-correct", type=_PERCENT, metavar="PERCENT", help="Wanted share of correct reads.")
@click.option("--min-coverage", type=_PERCENT, metavar="PERCENT", help="Wanted coverage.")
@click.option("--day", type=_Hours(), help="The hours of day, local time; else from sunrise to sunset at the gate.")
@click.option(
    "--tolerance", type=DURATION, default="10s", show_default=True, help="Between a row's time and a transit."
)
@click.option("--technician", default="", help="Name below the line to sign on.")
@click.option("--officer", default="", help="Name below the line to sign on.")
@click.option("--notes", default="", help="Weather, traffic and what else belongs on the sheet.")
@click.option("--no-plates", is_flag=True, help="Figures only: a sheet without plates and images, to hand on.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.pass_context
def report(  # noqa: PLR0913  one an option
    ctx: click.Context,
    *,
    folder: Path,
    class_name: str | None,
    min_correct: float | None,
    min_coverage: float | None,
    day: tuple[time, time] | None,
    tolerance: float,
    technician: str,
    officer: str,
    notes: str,
    no_plates: bool,
    as_json: bool,
) -> None:
    """Hold the reads against the count, and write collaudo.html, collaudo.pdf and collaudo.json into FOLDER.

    A threshold is passed when all of the 95 % interval lies above it, in all and by day, night, front and rear; where
    there are too few vehicles to say so, the sheet tells how many are needed.
    """
    if class_name and min_correct is not None:
        raise InputError("--class and --min-correct both say how many reads must be correct; give one")
    settings = loaded_settings(ctx).settings
    workspace = Workspace.open(folder)
    if lay_out(workspace):  # a recording that was killed left its rows unwritten
        write_contact_page(workspace)
    light_at, rule = _light(workspace, day)
    question = ReportOptions(
        light_at=light_at,
        thresholds=_thresholds(CLASS_THRESHOLDS[class_name] * 100 if class_name else min_correct, min_coverage),
        facts=SheetFacts(
            light_rule=rule,
            tolerance_s=tolerance,
            program=_program(settings),
            technician=technician,
            officer=officer,
            notes=notes,
            shows_plates=not no_plates,
        ),
    )
    findings = write_report(workspace, question, SystemClock())
    if as_json:
        click.echo(json.dumps(as_object(findings)))
        return
    for group in findings.groups:
        shares = (Measure.COVERAGE, Measure.CORRECT, Measure.WRONG, Measure.FALSE)
        cells = "; ".join(f"{MEASURES[name]} {share_text(group.shares[name])}".replace("\n", " ") for name in shares)
        click.echo(f"{group_name(group)}: {cells}")
    click.echo(banner_text(findings.verdict))
    for sentence in reasons(findings.judgements, findings.verdict):
        click.echo(f"  {sentence}")
    click.echo(f"{workspace.path / HTML}\n{workspace.path / PDF}")


def _thresholds(min_correct: float | None, min_coverage: float | None) -> dict[Measure, float]:
    wanted = {Measure.COVERAGE: min_coverage, Measure.CORRECT: min_correct}
    return {measure: percent / 100 for measure, percent in wanted.items() if percent is not None}


def _light(workspace: Workspace, day: tuple[time, time] | None) -> tuple[LightAt, str]:
    """The rule, and how the sheet names it."""
    if day is None:
        return light_by_sun(workspace.site), "dal sole: giorno dall'alba al tramonto al varco"
    hours = f"giorno dalle {day[0]:%H:%M} alle {day[1]:%H:%M}"
    return light_by_hours(*day, workspace.zone), f"dalle ore indicate: {hours}"


def _program(settings: Settings) -> str:
    reader = settings.reader
    recogniser = reader.recogniser.model or "predefinito"
    return f"anpr {anpr.__version__}; rilevatore {reader.detector.model}, riconoscitore {recogniser}"
