# SPDX-License-Identifier: AGPL-3.0-or-later
"""YAML reader of our configuration files: keeps plain words as they are written, and refuses a duplicate key.

YAML 1.1 turns `22:30` into 1350, `yes` into true and `010000` into 4096. Here a value that is not quoted stays the word
that somebody wrote, and the field that takes it says what it must look like.
"""

import re
from pathlib import Path
from typing import Any, cast

import yaml

from anpr.domain.errors import SettingsError

Tree = dict[str, Any]


_LOGIN_ONLY = re.compile(r"[A-Za-z]+://[^@/]*:[^@/]*")
_QUOTE = "put the value in quotation marks"


class _WordLoader(yaml.SafeLoader):
    """Every value is a word or nothing. Refuses a key written twice in one mapping; YAML would keep the last one.

    Refuses what is a word to whoever wrote it and more than that to YAML, without showing it: it may be a password.
    """

    yaml_implicit_resolvers = {}  # noqa: RUF012  typed as an instance's by the library, and read from the class

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) and event.anchor not in self.anchors:
            raise _problem(f"a value that begins with * refers to an anchor, and it is not there; {_QUOTE}", event)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _problem(f"a value that begins with ! is a tag, and none are used here; {_QUOTE}", event)
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        node = super().compose_scalar_node(anchor)
        if node.style is None and _is_cut_address(node.value, _rest_of_line(node.end_mark)):
            raise _problem("a blank and # begin a comment: the address ends before its @; write %20 and %23", node)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # Checked as it is written, before `<<` merges other mappings in: a key may well override a merged one.
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if (key.tag, key.value) in seen:
                raise yaml.composer.ComposerError(None, None, f"key {key.value!r} is there twice", key.start_mark)
            seen.add((key.tag, key.value))
        return node


def _problem(text: str, place: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=cast("yaml.Mark | None", place.start_mark))


def _rest_of_line(mark: yaml.Mark) -> str:
    return (mark.buffer or "")[mark.pointer :].partition("\n")[0]


def _is_cut_address(value: str, rest: str) -> bool:
    """Whether a comment took the end of an address that has a # after a blank in its password."""
    if "://" not in value or "@" in value:
        return False
    return bool(re.match(r"[ \t]+#\S*@", rest) or (_LOGIN_ONLY.fullmatch(value) and re.match(r"[ \t]+#.*@", rest)))


class _JsonLoader(_WordLoader):
    """Also knows true, false and numbers, as JSON writes them."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  typed as an instance's by the library, and read from the class


def _resolve(loader: type[_WordLoader], kind: str, pattern: str, first: str) -> None:
    loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), list(first) or [""])


for _loader in (_WordLoader, _JsonLoader):
    _resolve(_loader, "null", "^(?:~|null|)$", "~n")
    _loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])
    _resolve(_loader, "merge", "^<<$", "<")
_resolve(_JsonLoader, "bool", "^(?:true|false)$", "tf")
_resolve(_JsonLoader, "int", "^-?(?:0|[1-9][0-9]*)$", "-0123456789")
_resolve(_JsonLoader, "float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$", "-0123456789")


def read_yaml(path: Path, max_bytes: int | None = None, *, numbers: bool = False) -> Tree:
    """The keys and values of a UTF-8 YAML file, each as it is written; an empty file has none.

    With `numbers` unquoted numbers, true and false become what JSON would make of them.

    Raises SettingsError naming the file, and the line where there is one: for a key that is written twice, for what is
    not YAML, for a file that cannot be read or has more than `max_bytes`.
    """
    try:
        if max_bytes is not None and path.stat().st_size > max_bytes:
            raise SettingsError(f"{path}: has more than {max_bytes} bytes")
        tree = yaml.load(
            path.read_text(encoding="utf-8"), Loader=_JsonLoader if numbers else _WordLoader
        )  # SafeLoaders
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{path}: not a UTF-8 text file") from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}{where}: {getattr(exc, 'problem', None) or 'not YAML'}") from exc
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SettingsError(f"{path}: expected keys and values at the top, found a {type(tree).__name__}")
    return tree
