# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes every generated page and schema of docs/ from the code.

    make docs ARGS="[--check]"
    python -m scripts.docs.write [--check]

The last line of standard output is one JSON object. With --check nothing is written, and the exit status is 1 when
something is not current. Screenshots are not among them: see scripts/docs/screenshots.py.
"""

import json
from collections.abc import Callable
from typing import Any

import click

from anpr.contract.gate_plan import plan_json_schema
from anpr.contract.health import health_json_schema
from anpr.contract.image import image_json_schema
from anpr.contract.transit import json_schema
from anpr.contract.view import view_json_schema
from anpr.forward.profile.model import Profile
from anpr.settings.reference import configuration_reference
from scripts.command import Script, finish
from scripts.docs.audit_table import audit_table
from scripts.docs.metrics_reference import metrics_reference
from scripts.docs.scaling_table import PAGE, with_table
from scripts.repository import DOCS


def _as_text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "audit.md": audit_table,
    "configuration.md": configuration_reference,
    "metrics.md": metrics_reference,
    "scaling.md": lambda: with_table(PAGE.read_text(encoding="utf-8")),
    "transit.schema.json": lambda: _as_text(json_schema()),
    "image.schema.json": lambda: _as_text(image_json_schema()),
    "health.schema.json": lambda: _as_text(health_json_schema()),
    "view.schema.json": lambda: _as_text(view_json_schema()),
    "gate-plan.schema.json": lambda: _as_text(plan_json_schema()),
    "forwarding-profile.schema.json": lambda: _as_text(Profile.model_json_schema(by_alias=True)),
}
"""File below docs/, and the function that gives its content."""


@click.command(cls=Script, help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail when something is not current.")
@click.option("--quick", is_flag=True, help="Accepted as by the other targets; this one takes seconds anyway.")
def main(check: bool, quick: bool) -> None:
    del quick
    contents = {name: make() for name, make in GENERATED.items()}
    changed = [name for name, text in contents.items() if (DOCS / name).read_text(encoding="utf-8") != text]
    if not check:
        for name in changed:
            (DOCS / name).write_text(contents[name], encoding="utf-8")
    problems = [f"docs/{name} is not current: run make docs" for name in changed] if check else []
    finish({"generated": len(contents), "changed": changed}, problems)


if __name__ == "__main__":
    main()
