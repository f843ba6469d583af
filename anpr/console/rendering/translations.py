"""The words of the pages in each language, from messages/<language>.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import yaml

from anpr.domain.errors import SettingsError

Language = Literal["it", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_FOLDER = Path(__file__).resolve().parent.parent / "messages"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All messages of one language by key."""

    language: Language
    messages: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The message with its values filled in. Raises KeyError for a key nobody wrote: a fault of ours."""
        return self.messages[key].format(**values)

    def either(self, key: str, otherwise: str) -> str:
        """The message when there is one; for words that other parts, or newer ones, may add to."""
        return self.messages.get(key, otherwise)


def load_catalogues() -> dict[Language, Catalogue]:
    """Every language. Raises SettingsError naming the file when one is broken."""
    return {language: Catalogue(language, _read(_FOLDER / f"{language}.yaml")) for language in LANGUAGES}


def language_of(cookie: str | None, default: Language) -> Language:
    """What the reader chose, or the site's own."""
    return next((language for language in LANGUAGES if language == cookie), default)


def _read(path: Path) -> dict[str, str]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as exc:
        raise SettingsError(f"{path}: not a catalogue of messages") from exc
    return {f"{section}.{name}": str(text) for section, part in tree.items() for name, text in part.items()}
