# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key`: keys that readers sign their messages with. Two verbs are the reader's, the others the centre's."""

import click

from anpr.cli.main import VerbGroup

_VERBS = {
    "new": "On a reader: make its key, and print the public half.",
    "show": "On a reader: print the public half of its key again.",
    "enrol": "At the centre: let a reader sign with a key.",
    "list": "At the centre: list the readers' keys.",
    "revoke": "At the centre: end a key, or all keys of a reader.",
    "forget": "At the centre: let a reader send unsigned again.",
}


@click.group(name="key", cls=VerbGroup, verbs=_VERBS, package="anpr.cli.verbs.key")
def command() -> None:
    """Make a reader's signing key, and enrol, list and revoke keys at the centre.

    \b
    anpr key new                        on the reader's PC: the private key never leaves it
    anpr key enrol READER PUBLIC_KEY    at the centre: what others send in its name is refused
    anpr key revoke FINGERPRINT         at the centre: when it was replaced, or stolen

    A reader may have several keys, so that one can take over from another.
    """
