# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit key`: the public key by which the site signs exports, proofs and heads."""

import click

from anpr.cli.common.public_key import tell_public
from anpr.cli.main import loaded_settings
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key


@click.command(name="key")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the public key by which this site signs exports, for those who verify them."""
    tell_public(site_key(ensure_key(loaded_settings(ctx).settings.audit_key_path)).public)
