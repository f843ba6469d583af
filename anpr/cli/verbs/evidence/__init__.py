# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence`: make a package of what was gathered for an investigation; verify one on any machine."""

import click

from anpr.cli.main import VerbGroup

_VERBS = {
    "make": "Write the package of an investigation to a new file, signed with the site's key.",
    "export": "Write the package of an investigation to a medium, read it back and verify it; with readme and receipt.",
    "stamp": "Ask the time stamping authority for a stamp of a package that has none.",
    "verify": "Check a package on any machine, without database and settings; name each file that was changed.",
}


@click.group(name="evidence", cls=VerbGroup, verbs=_VERBS, package="anpr.cli.verbs.evidence")
def command() -> None:
    """Make a package of what was gathered for an investigation; verify one on any machine."""
