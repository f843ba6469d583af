# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a public key is told on the command line: one line for programs, its fingerprint for people to compare."""

import click

from anpr.contract.signature import PublicKey


def tell_public(key: PublicKey) -> None:
    """The key on standard output, its fingerprint on standard error."""
    click.echo(key.text)
    click.echo(f"fingerprint {key.fingerprint}", err=True)
