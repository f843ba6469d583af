# SPDX-License-Identifier: AGPL-3.0-or-later
"""Message catalogues: the texts of the pages in each language.

Those that pages share are in messages/LANGUAGE.yaml, a page's own beside it in pages/NAME/messages.LANGUAGE.yaml.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from anpr.console.rendering.refusals import Refusal, refusal_key
from anpr.domain.errors import SettingsError
from anpr.settings.yaml_file import read_yaml

Language = Literal["it", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_CONSOLE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All messages of one language by key."""

    language: Language
    messages: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The message with its values filled in. Raises KeyError for a key that no catalogue has: a fault of ours."""
        told = {name: self.refusal(value) if isinstance(value, Refusal) else value for name, value in values.items()}
        return self.messages[key].format(**told)

    def counted(self, key: str, count: int, **values: object) -> str:
        """The message for this many, filled in as `count`: for one it is KEY_one, where the catalogue has it.

        Raises KeyError as a call does.
        """
        singular = f"{key}_one"
        return self(singular if count == 1 and singular in self.messages else key, count=count, **values)

    def pairs(self, prefix: str, values: Iterable[str]) -> list[tuple[str, str]]:
        """Each value with the message of PREFIX and it, as the options of a choice."""
        return [(str(value), self(f"{prefix}{value}")) for value in values]

    def refusal(self, text: str) -> str:
        """Why something was refused, which another process has told in English."""
        key, values = refusal_key(str(text))  # no Refusal in it: that would be told again, and again
        inner = {"why": self.refusal(values["why"])} if key == "copy" else {}
        return self(f"refusal.{key}", **{**values, **inner})

    def either(self, key: str, otherwise: str) -> str:
        """The message when there is one; for words that other parts, or newer ones, may add to."""
        return self.messages.get(key, otherwise)


@cache  # the package's own files do not change while it runs, and reading them takes half a second
def load_catalogues() -> Mapping[Language, Catalogue]:
    """Every language, read once.

    Raises SettingsError naming the file that is broken, or has a section that another file has.
    """
    return MappingProxyType({language: Catalogue(language, _merged(_files(language))) for language in LANGUAGES})


def language_of(cookie: str | None, default: Language) -> Language:
    """The language this browser chose, or the site's own."""
    return next((language for language in LANGUAGES if language == cookie), default)


def _files(language: Language) -> list[Path]:
    shared = _CONSOLE / "messages" / f"{language}.yaml"
    return [shared, *sorted(_CONSOLE.glob(f"pages/*/messages.{language}.yaml"))]


def _merged(files: Iterable[Path]) -> dict[str, str]:
    sections: dict[str, dict[str, object]] = {}
    for path in files:
        found = read_yaml(path)
        if twice := sections.keys() & found.keys():
            raise SettingsError(f"{path}: another catalogue has the section {min(twice)} too")
        sections |= found
    return {f"{section}.{name}": str(text) for section, part in sections.items() for name, text in part.items()}
