# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/guida-amministratore.md stays true to the commands and the settings."""

import re
from pathlib import Path
from typing import get_args

import click
import pytest
import yaml
from click.testing import CliRunner
from pydantic import BaseModel

from anpr.cli.main import main
from anpr.domain.access import Role
from anpr.settings import Settings, load_settings
from anpr.settings.base import Section

_COMMAND = re.compile(r"(?:^|`|\s)anpr (?:--config \S+ )?([a-z][^`\n#]*)")
_LINK = re.compile(r"\]\(([^)#:]+)(#[\w-]+)?\)")
PAGES = (
    "README.md",
    "docs/design.md",
    "docs/guida-primo-sito.md",
    "docs/guida-amministratore.md",
    "docs/guida-rapida.md",
    "docs/guida-dpo.md",
    "docs/guida-revisore.md",
    "docs/guida-gestore-liste.md",
    "docs/guida-pattuglia.md",
    "docs/guida-inoltro.md",
    "docs/forwarding.md",
    "docs/costi.md",
    "docs/dichiarazione-accessibilita.md",
    "SECURITY.md",
)


@pytest.fixture
def guide(repository: Path) -> str:
    return (repository / "docs" / "guida-amministratore.md").read_text(encoding="utf-8")


def commands_in(text: str) -> list[list[str]]:
    lines = text.replace("\\\n", " ")
    return [found.split() for found in _COMMAND.findall(lines)]


def unknown_in(words: list[str]) -> str | None:
    """The first verb or option that the program does not have."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return words[0]
        command, words = found, words[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options = [word for word in words if re.fullmatch(r"--[a-z][\w-]*", word)]
    return next((option for option in options if option not in known), None)


def test_every_command_of_the_guide_is_there(guide: str) -> None:
    found = commands_in(guide)
    assert len(found) > 40
    assert [words for words in found if unknown_in(words)] == []


def test_every_command_of_the_first_site_is_there(repository: Path) -> None:
    found = commands_in((repository / "docs" / "guida-primo-sito.md").read_text(encoding="utf-8"))
    assert len(found) > 15
    assert [words for words in found if unknown_in(words)] == []


def test_a_command_that_is_not_there_would_be_found() -> None:
    assert [unknown_in(words) for words in commands_in("`anpr db mirgate`\nanpr user add x --rule dpo")] == [
        "mirgate",
        "--rule",
    ]


def test_its_settings_are_valid(guide: str, tmp_path: Path) -> None:
    whole, *parts = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    file = tmp_path / "sito.yaml"
    file.write_text(whole + "".join(parts), encoding="utf-8")
    settings = load_settings(file, {}).settings
    assert settings.gates[0].cameras[0].masks
    assert settings.forwarding[0].protocol
    for key in re.findall(r"`((?:console|retention|kafka|reader|images)\.[a-z_.]+)`", guide):
        part = settings
        for name in key.split("."):
            assert name in type(part).model_fields, key
            part = getattr(part, name)


def test_every_role_is_explained(guide: str) -> None:
    assert [role for role in Role if f"| `{role}` |" not in guide] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(repository: Path, page: str) -> None:
    file = repository / page
    for path, anchor in _LINK.findall(file.read_text(encoding="utf-8")):
        target = file.parent / path
        assert target.exists(), path
        if anchor:
            heads = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor[1:] in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}, anchor


def test_the_publiccode_file_and_the_alerts_are_where_the_guide_says(repository: Path, guide: str) -> None:
    for path in re.findall(r"`(config/[\w./-]+)`", guide):
        assert (repository / path).exists(), path
    assert yaml.safe_load((repository / "publiccode.yml").read_text(encoding="utf-8"))["maintenance"]["type"] == "none"


def uncommented(example: str) -> str:
    """The example with every block of settings that is a comment: from a line `# key:` to the end of its comment."""
    lines, indent = [], None
    for line in example.splitlines():
        if indent is not None and not line.startswith(f"{indent}# "):
            indent = None
        if indent is None and (key := re.match(r"( *)# [a-z_]+:(?: |$)", line)):
            indent = key[1]
        lines.append(line if indent is None else f"{indent}{line.removeprefix(f'{indent}# ')}")
    return "\n".join(lines)


def sections(model: type[BaseModel], above: str = "") -> list[str]:
    """Paths of the sections below it; lists of sections too. What tunes the reader's models is none of a site's."""
    found = []
    for name, field in model.model_fields.items():
        below = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
        for section in (each for each in below if issubclass(each, Section)):
            found.append(f"{above}{name}")
            found += sections(section, f"{above}{name}.") if name != "reader" else []
    return sorted(set(found))


def paths(value: object, above: str = "") -> set[str]:
    """Paths of the keys in what YAML gave; of a list, those of all its items."""
    if isinstance(value, list):
        return set().union(*(paths(each, above) for each in value))
    if not isinstance(value, dict):
        return set()
    return {f"{above}{key}" for key in value}.union(*(paths(each, f"{above}{key}.") for key, each in value.items()))


def test_the_example_of_a_site_has_every_section_and_is_valid_with_all_of_them(
    repository: Path, tmp_path: Path
) -> None:
    text = uncommented((repository / "config" / "site.example.yaml").read_text(encoding="utf-8"))
    missing = set(sections(Settings)) - paths(yaml.safe_load(text))
    assert missing == set(), "config/site.example.yaml lacks them"
    assert {"audit.prune_after_days", "console.map", "mail", "notify.sms", "patrol"} <= paths(yaml.safe_load(text))
    secret = tmp_path / "segreto.txt"
    secret.write_text("segreto", encoding="utf-8")
    secret.chmod(0o600)
    file = tmp_path / "sito.yaml"
    file.write_text(re.sub(r"/etc/anpr/[\w-]+\.txt", str(secret), text), encoding="utf-8")
    settings = load_settings(file, {}).settings
    assert settings.mail.host == "smtp.comune.esempio.it"
    assert settings.notify.sms.body["recipient"] == "{to}"


def test_the_example_of_a_site_is_valid_with_and_without_forwarding(repository: Path, tmp_path: Path) -> None:
    text = (repository / "config" / "site.example.yaml").read_text(encoding="utf-8")
    shown, commented = text.split("# forwarding:\n")
    forwarding = "forwarding:\n" + re.sub(r"^# ", "", commented, flags=re.MULTILINE)
    file, secret = tmp_path / "sito.yaml", tmp_path / "telecamera.txt"
    secret.write_text("segreto", encoding="utf-8")
    secret.chmod(0o600)  # as the guide to the first site makes it
    for example in (text, shown + forwarding):
        file.write_text(example.replace("/etc/anpr/telecamera.txt", str(secret)), encoding="utf-8")
        assert load_settings(file, {}).settings.gates[0].cameras[0].is_live
    file.write_text(text.replace("/etc/anpr/telecamera.txt", str(secret)), encoding="utf-8")
    result = CliRunner().invoke(main, ["--config", str(file), "config", "check"])
    assert result.output == "settings are valid: 1 gate, 1 camera, 0 destinations\n"
    file.write_text(shown + forwarding, encoding="utf-8")
    assert load_settings(file, {}).settings.forwarding[0].id == "questura"
    assert [words for words in commands_in(text.replace("#", "")) if unknown_in(words)] == []
