# SPDX-License-Identifier: AGPL-3.0-or-later
"""publiccode.yml against the standard: what is wrong is named by its key."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.checks.publiccode import examples_in, faults_beside, faults_of, main

VALID = """
publiccodeYmlVersion: "0.7"
name: anpr
url: "https://code.example.it/anpr.git"
softwareVersion: 0.1.0
platforms: [web]
categories: [data-collection]
developmentStatus: beta
softwareType: standalone/web
intendedAudience: {countries: [IT], scope: [security]}
description:
  it:
    shortDescription: Lettura targhe
    longDescription: "%s"
    features: [Legge targhe]
legal: {license: AGPL-3.0-or-later}
maintenance: {type: none}
localisation: {localisationReady: true, availableLanguages: [it]}
""" % ("Legge le targhe. " * 10)


def test_this_repository_has_a_valid_file(repository: Path) -> None:
    assert faults_of((repository / "publiccode.yml").read_text(encoding="utf-8")) == []
    assert CliRunner().invoke(main, []).exit_code == 0


def test_a_file_with_what_the_standard_asks_for_is_valid() -> None:
    assert faults_of(VALID) == []


@pytest.mark.parametrize(
    ("written", "instead", "fault"),
    [
        ('"0.7"', '"0.4"', "publiccodeYmlVersion: '0.4' is not in the standard's list"),
        ("[data-collection]", "[video-surveillance]", "categories[0]: 'video-surveillance' is not in the standard's"),
        ("[security]", "[security, police]", "intendedAudience.scope[1]: 'police' is not in the standard's list"),
        ("[IT]", "[it]", "intendedAudience.countries[0]: 'it': lower case is deprecated, write 'IT'"),
        ("[IT]", "[IT, XQ]", "intendedAudience.countries[1]: 'XQ' is no ISO 3166-1 alpha-2 country code"),
        ("name: anpr\n", "", "name: missing"),
        ("legal: {license: AGPL-3.0-or-later}\n", "", "legal: missing"),
        ("    features: [Legge targhe]\n", "", "description.it.features: missing"),
        ("  it:\n", "  italiano:\n", "description.italiano.[key]: 'italiano' is no BCP 47 language tag"),
        ("Lettura targhe", "x" * 151, "description.it.shortDescription: String should have at most 150 characters"),
        ("platforms: [web]", "platforms: []", "platforms"),
        ("beta", "ready", "developmentStatus: 'ready' is not in the standard's list"),
        ("0.1.0\n", "0.1.0\nreleaseDate: 23/11/2026\n", "releaseDate: '23/11/2026' is not YYYY-MM-DD"),
        ("0.1.0\n", "0.1.0\nmonochromeLogo: a.svg\n", "monochromeLogo: no key of the standard, or a deprecated one"),
        ("0.1.0\n", "0.1.0\nit: {piattaforme: {spid: true}}\n", "it: no key of the standard, or a deprecated one"),
        ("0.1.0\n", "0.1.0\nsupports: [{id: alias:scntt}]\n", "supports[0].id: 'alias:scntt' is not in the standard's"),
        ("{type: none}", "{type: community}", "maintenance: contacts: 'community' needs one"),
        ("{type: none}", "{type: contract}", "maintenance: contractors: 'contract' needs one"),
        (
            "{type: none}",
            "{type: community, contacts: [{name: The anpr maintainers}]}",
            "maintenance.contacts[0].name: 'The anpr maintainers': a contact is a physical person",
        ),
        (
            "{localisationReady: true,",
            "{localisationReady: yes,",
            "localisation.localisationReady: Input should be 'true'",
        ),
        ("name: anpr\n", "name: anpr\nname: anpr2\n", "not read as YAML: name: written twice"),
        ('"https://code', '"code', "url: 'code.example.it/anpr.git' is no http or https address"),
    ],
)
def test_a_fault_names_its_key(written: str, instead: str, fault: str) -> None:
    assert VALID.count(written) >= 1
    faults = faults_of(VALID.replace(written, instead, 1))
    assert any(line.startswith(fault) for line in faults), faults


@pytest.mark.parametrize("text", ["", "- a list", "just words", "a: [broken"])
def test_what_is_no_mapping_is_a_fault(text: str) -> None:
    assert len(faults_of(text)) == 1


def test_the_repository_around_it_must_agree(repository: Path) -> None:
    tree = {
        "name": "anpr",
        "softwareVersion": "9.9",
        "legal": {"license": "MIT"},
        "description": {"it": {"screenshots": ["docs/none.jpg", "https://code.example.it/x.png"]}},
    }
    found = [re.sub(r":.*", "", line) for line in faults_beside(tree, repository)]
    assert found == ["legal.license", "softwareVersion", "description.it.screenshots[0]"]


def test_an_examples_address_is_refused_only_when_published(tmp_path: Path) -> None:
    file = tmp_path / "publiccode.yml"
    file.write_text(VALID.replace("code.example.it", "example.org"), encoding="utf-8")
    before = CliRunner().invoke(main, [str(file)])
    assert before.exit_code == 0
    assert "url: 'https://example.org/anpr.git' is an example's address" in before.output
    assert CliRunner().invoke(main, ["--published", str(file)]).exit_code == 1
    assert list(examples_in({"a": ["https://code.comune.example/x", "https://www.comune.prato.it", "text"]})) == [
        "a[0]: 'https://code.comune.example/x' is an example's address"
    ]


def test_a_wrong_file_ends_with_status_1_and_one_line_for_each_fault(tmp_path: Path) -> None:
    file = tmp_path / "publiccode.yml"
    file.write_text(VALID.replace("[IT]", "[it]").replace("name: anpr\n", ""), encoding="utf-8")
    result = CliRunner().invoke(main, [str(file)])
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 2
