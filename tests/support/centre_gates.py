# SPDX-License-Identifier: AGPL-3.0-or-later
"""A console where the centre is the source of gates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from anpr.console.app import create_app
from anpr.settings.planned import read_definition
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.gate_versions import GateEdit, GateVersion, current_version, save_version
from tests.support.fixtures_console import Site, serving


@contextmanager
def centre_of(site: Site, console_database: Database) -> Iterator[Site]:
    """The site with the centre as the source of its gates."""
    settings = site.settings.model_validate(site.settings.model_dump() | {"gate_plan": {"source": "centre"}})
    app = create_app(settings, console_database, site.images, site.clock)
    with serving(app) as url:
        yield replace(site, url=url, app=app, settings=settings)


def save_gate(site: Site, definition: dict[str, Any], who: str = "bruno") -> GateVersion:
    """Somebody else, or the command line, saves the next version of this gate."""
    with site.database.transaction() as conn:
        newest = current_version(conn, definition["id"])
        by = Author(name=who, at=site.clock.now())
        edit = GateEdit(by=by, reason="prova", based_on=newest.version if newest else 0, keep_by_purpose={})
        made = save_version(conn, read_definition(definition), edit)
    assert made is not None
    return made


def newest_version(site: Site, gate_id: str) -> GateVersion:
    """The version that is there now."""
    with site.database.transaction() as conn:
        found = current_version(conn, gate_id)
    assert found is not None
    return found
