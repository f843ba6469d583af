# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit`: verify the audit, here or in an export on any machine; export it signed; prune its oldest rows."""

import click

from anpr.cli.main import VerbGroup

_VERBS = {
    "verify": "Recompute the chain, here or in exports; say what was changed.",
    "export": "Write the audit to a new file, signed with the site's key.",
    "key": "Print the public key by which this site signs.",
    "mail-head": "Mail the newest row's number and hash to people outside.",
    "prune": "Export, prove and delete the oldest rows.",
}


@click.group(name="audit", cls=VerbGroup, verbs=_VERBS, package="anpr.cli.verbs.audit")
def command() -> None:
    """Verify the audit, here or in an export on any machine; export it signed; prune its oldest rows."""
