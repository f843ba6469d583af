# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bill of materials, and the page of licences that is written from it."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.checks.sbom import PAGE, licence_of, narrowed, problems_of, read_pins

PINS = """\
# This file was written by a command:
click==8.2.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
pywin32==311 ; sys_platform == 'win32' \\
    --hash=sha256:cc
ruamel.yaml==0.18.6 --hash=sha256:dd
"""


@pytest.fixture
def pins(tmp_path: Path) -> dict[str, tuple[str, list[str]]]:
    (tmp_path / "set.txt").write_text(PINS)
    return read_pins(tmp_path / "set.txt")


def component(name: str, version: str, *licences: Mapping[str, object]) -> dict[str, object]:
    return {"bom-ref": f"{name}=={version}", "name": name, "version": version, "licenses": list(licences)}


MIT = {"license": {"id": "MIT"}}


def test_pins_of_this_platform_are_read_with_their_hashes(pins: dict[str, tuple[str, list[str]]]) -> None:
    assert pins == {"click": ("8.2.1", ["aa", "bb"]), "ruamel-yaml": ("0.18.6", ["dd"])}


def test_what_the_set_does_not_pin_is_left_out(pins: dict[str, tuple[str, list[str]]]) -> None:
    bill = {
        "components": [component("click", "8.2.1", MIT), component("pytest", "8.4", MIT)],
        "metadata": {"component": {"bom-ref": "root"}},
        "dependencies": [
            {"ref": "root", "dependsOn": ["click==8.2.1", "pytest==8.4"]},
            {"ref": "pytest==8.4", "dependsOn": ["click==8.2.1"]},
        ],
    }
    kept = narrowed(bill, pins)
    assert [one["name"] for one in kept["components"]] == ["click"]
    assert [one["content"] for one in kept["components"][0]["hashes"]] == ["aa", "bb"]
    assert kept["dependencies"] == [{"ref": "root", "dependsOn": ["click==8.2.1"]}]


def test_what_is_missing_differs_or_names_no_licence_is_a_problem(pins: dict[str, tuple[str, list[str]]]) -> None:
    bill = {"components": [component("click", "8.0.0")]}
    assert problems_of(bill, pins) == [
        "click 8.2.1 is pinned, 8.0.0 is installed",
        "ruamel-yaml 0.18.6 is pinned and not installed",
        "click names no licence",
    ]


def test_an_identifier_comes_before_a_classifier() -> None:
    classifier = {"license": {"name": "License :: OSI Approved :: Apache Software License"}}
    assert licence_of(component("x", "1", {"license": {"id": "Apache-2.0"}}, classifier)) == "Apache-2.0"
    assert licence_of(component("x", "1", classifier)) == "Apache Software License"
    assert licence_of(component("x", "1", {"expression": "MIT OR Apache-2.0"})) == "MIT OR Apache-2.0"
    assert licence_of(component("x", "1")) is None


def test_the_page_has_every_package_of_the_default_set(repository: Path) -> None:
    rows = re.findall(r"^\| ([^ |]+) \| ([^ |]+) \|", PAGE.read_text(), re.MULTILINE)
    listed = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in rows}
    wanted = {name: pin[0] for name, pin in read_pins(repository / "requirements" / "default.txt").items()}
    assert {name: listed.get(name) for name in wanted} == wanted, "run make sbom"
