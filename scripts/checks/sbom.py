# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bill of materials (SBOM, CycloneDX 1.6) of one set of requirements: packages with licence and hashes, and weights.

    make sbom ARGS="[--set default|reader|centre|s3|soap] [--python PYTHON] [--output FILE]"
    python -m scripts.checks.sbom [--set default] [--python PYTHON] [--output FILE]

`cyclonedx-py` describes what is installed in .venv; what the set does not pin is left out. Each package gets the
hashes that requirements/SET.txt allows, and each file of models/ its card's SHA-256 and licence. For the set `default`
the page docs/dependencies.md is written too. A container's own bill is made with the Python of its environment
(--python). The last line of standard output is one JSON object with the number of components by licence; status 1 when
a package of the set is not installed, has another version, or names no licence.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.command import Script, finish
from scripts.repository import DOCS, REPOSITORY

_SETS = ("default", "reader", "centre", "s3", "soap")
_SPEC = "1.6"
_CLASSIFIER = "License :: OSI Approved"
PAGE = DOCS / "dependencies.md"
Component = dict[str, Any]
_HEAD = """# Dependencies and their licences

Written by `make sbom`, which also writes the bill of materials (CycloneDX 1.6) with hashes and dependencies to
`var/sbom-default.json`. Every package of the default installation and every file of weights, with the licence that it
names itself. Packages are installed with `--require-hashes` from `requirements/`.

| component | version | licence |
|---|---|---|
"""


@click.command(cls=Script, help=__doc__)
@click.option("--set", "set_name", type=click.Choice(_SETS), default="default", show_default=True)
@click.option("--python", default=sys.executable, help="Of the environment to describe [this one].")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="[var/sbom-SET.json]")
def main(set_name: str, python: str, output: Path | None) -> None:
    """Write it, and name what is wrong with it."""
    pinned = read_pins(REPOSITORY / "requirements" / f"{set_name}.txt")
    bill = narrowed(_describe_environment(python), pinned)
    bill["components"] += list(_weights(REPOSITORY / "models"))
    path = output or REPOSITORY / "var" / f"sbom-{set_name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if set_name == "default":
        PAGE.write_text(page_of(bill["components"]), encoding="utf-8")
    licences = Counter(licence_of(component) or "none" for component in bill["components"])
    figures = {"file": str(path), "components": len(bill["components"]), "licences": dict(licences.most_common())}
    finish(figures, problems_of(bill, pinned))


def read_pins(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Version and allowed SHA-256 of each package that the file pins for this platform, by normalised name."""
    pins: dict[str, tuple[str, list[str]]] = {}
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        parts = line.split("#")[0].split("--hash=sha256:")
        if not parts[0].strip():
            continue
        requirement = Requirement(parts[0].strip())
        if requirement.marker is None or requirement.marker.evaluate():
            version = str(requirement.specifier).removeprefix("==")
            pins[canonicalize_name(requirement.name)] = (version, [one.strip() for one in parts[1:]])
    return pins


def narrowed(bill: dict[str, Any], pinned: Mapping[str, tuple[str, list[str]]]) -> dict[str, Any]:
    """The bill with the components that are pinned, their hashes and licences, and the dependencies among them."""
    kept = [component for component in bill["components"] if canonicalize_name(component["name"]) in pinned]
    for component in kept:
        _, hashes = pinned[canonicalize_name(component["name"])]
        component["hashes"] = [{"alg": "SHA-256", "content": one} for one in hashes]
        if not component.get("licenses") and (stated := _stated_licence(component["name"])):
            component["licenses"] = [{"license": {"name": stated}}]
    names = {component["bom-ref"] for component in kept} | {bill["metadata"]["component"]["bom-ref"]}
    dependencies = [
        {**one, "dependsOn": [name for name in one.get("dependsOn", ()) if name in names]}
        for one in bill["dependencies"]
        if one["ref"] in names
    ]
    return {**bill, "components": kept, "dependencies": dependencies}


def licence_of(component: Component) -> str | None:
    """The licence as an SPDX identifier or expression where the package gives one, else in its own words."""
    found = [
        one.get("expression") or one["license"].get("id") or one["license"].get("name")
        for one in component.get("licenses", ())
    ]
    exact = [name for name in found if not name.startswith(_CLASSIFIER)]
    return " AND ".join(exact or [name.rpartition(" :: ")[2] for name in found]) or None


def page_of(components: list[Component]) -> str:
    """docs/dependencies.md."""
    rows = "".join(
        f"| {one['name']} | {one['version']} | {licence_of(one) or 'none named'} |\n"
        for one in sorted(components, key=lambda one: (one["type"], one["name"].lower()))
    )
    return _HEAD + rows


def problems_of(bill: Mapping[str, Any], pinned: Mapping[str, tuple[str, list[str]]]) -> list[str]:
    """What a reader of the bill could not rely on."""
    found: dict[str, Component] = {canonicalize_name(one["name"]): one for one in bill["components"]}
    problems = []
    for name, (version, _) in pinned.items():
        if name not in found:
            problems.append(f"{name} {version} is pinned and not installed")
        elif found[name]["version"] != version:
            problems.append(f"{name} {version} is pinned, {found[name]['version']} is installed")
    return problems + [f"{one['name']} names no licence" for one in bill["components"] if licence_of(one) is None]


def _describe_environment(python: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-format", "JSON", "--spec-version", _SPEC]
    options = ["--output-reproducible", "--mc-type", "application", "--pyproject", "pyproject.toml", python]
    ended = subprocess.run([*command, *options], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    bill: dict[str, Any] = json.loads(ended.stdout)
    return bill


def _stated_licence(name: str) -> str | None:
    """In the package's own words: some write no identifier that a program knows."""
    try:
        stated = metadata(name)
    except PackageNotFoundError:
        return None
    return next(iter(stated.get_all("License") or ()), None)


def _weights(folder: Path) -> Iterator[Component]:
    for path in sorted(folder.glob("*.json")):
        card = json.loads(path.read_text(encoding="utf-8"))
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"model:{card['name']}",
            "name": card["name"],
            "version": card["version"],
            "description": card["architecture"],
            "hashes": [{"alg": "SHA-256", "content": card["sha256"]}],
            "licenses": [{"license": {"name": card["licence"]}}],
        }


if __name__ == "__main__":
    main()
