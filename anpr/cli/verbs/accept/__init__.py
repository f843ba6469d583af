# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr accept`: the acceptance test of a camera site, from the recording to the sheet."""

import click

from anpr.cli.verbs.accept.delete import delete
from anpr.cli.verbs.accept.record import record
from anpr.cli.verbs.accept.report import report


@click.group(name="accept")
def command() -> None:
    """Test a camera site for acceptance, in the manner of UNI 10772: record, count by hand, print the sheet.

    \b
    anpr accept record CAMERA --for 1h     passes that the reader made, and images to count from
    (a person fills in conta.csv)          with foglio-conteggio.html beside it
    anpr accept report FOLDER --class A    collaudo.html and collaudo.pdf, in Italian
    anpr accept delete FOLDER              when the days of retention are over
    """


for _verb in (record, report, delete):
    command.add_command(_verb)
