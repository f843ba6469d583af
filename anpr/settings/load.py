# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read the settings from their sources and remember where each value came from."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from anpr.domain.errors import SettingsError
from anpr.domain.near_name import near_name
from anpr.settings.complaints import explain
from anpr.settings.model import Settings
from anpr.settings.near_key import similar_key
from anpr.settings.secret_file import read_secret_file
from anpr.settings.yaml_file import Tree, read_yaml

# Names that other software around a database and a broker already uses.
_WELL_KNOWN = {"DATABASE_URL": ("database", "url"), "KAFKA_BOOTSTRAP": ("kafka", "bootstrap")}
_SECRET_FILE_SUFFIX = "_FILE"

_SINGULAR = {"gates": "gate", "cameras": "camera", "forwarding": "destination", "purposes": "purpose"}


@dataclass(frozen=True)
class LoadedSettings:
    """Validated settings, and for each key that was not left at its default, the source."""

    settings: Settings
    sources: Mapping[str, str]
    path: Path | None
    """The file they came from, if there was one."""

    def source_of(self, key: str) -> str:
        """`file PATH`, `environment`, or `default`."""
        while key:
            if key in self.sources:
                return self.sources[key]
            key = key.rpartition(".")[0]
        return "default"


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> LoadedSettings:
    """Settings from defaults, then the YAML file, then the environment.

    Raises SettingsError naming the file and the key when something is unknown or wrong.
    """
    env = os.environ if environment is None else environment
    if path is None and env.get("ANPR_CONFIG"):
        path = Path(env["ANPR_CONFIG"])
    from_file = read_yaml(path) if path else {}
    from_environment = _read_environment(env)
    sources = dict.fromkeys(_leaves(from_file), f"file {path}")
    sources |= dict.fromkeys(_leaves(from_environment), "environment")
    tree = _merge(from_file, from_environment)
    try:
        settings = Settings(**tree)
    except ValidationError as exc:
        raise SettingsError(*_explain(exc, sources, path, tree)) from exc
    return LoadedSettings(settings=settings, sources=sources, path=path)


def _read_environment(env: Mapping[str, str]) -> Tree:
    tree: Tree = _nested_variables(env)
    for name, keys in _WELL_KNOWN.items():
        value = env.get(name) or _secret_from_file(env, name)
        if value:
            tree.setdefault(keys[0], {})[keys[1]] = value
    return tree


def _nested_variables(env: Mapping[str, str]) -> Tree:
    _refuse_unknown(env)
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in env.items() if name != "ANPR_CONFIG"}
    try:
        return {name: _as_written(value) for name, value in source().items()}
    except ValueError as exc:
        raise SettingsError(f"environment: {exc}") from exc


def _as_written(value: Any) -> Any:
    """A list or section given as JSON, its numbers, true and false as words: what pydantic makes of true is 1."""
    if isinstance(value, dict):
        return {key: _as_written(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_written(part) for part in value]
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _refuse_unknown(env: Mapping[str, str]) -> None:
    for name in env:
        section = name.removeprefix("ANPR_").partition("__")[0].lower()
        if name.startswith("ANPR_") and name != "ANPR_CONFIG" and section not in Settings.model_fields:
            near = near_name(section, Settings.model_fields)
            hint = f"; did you mean ANPR_{near.upper()}?" if near else ""
            raise SettingsError(f"environment: {name}: no such setting{hint}")


def _secret_from_file(env: Mapping[str, str], name: str) -> str | None:
    path = env.get(name + _SECRET_FILE_SUFFIX)
    if not path:
        return None
    try:
        return read_secret_file(Path(path))
    except SettingsError as exc:
        raise SettingsError(f"{name}{_SECRET_FILE_SUFFIX}: {exc}") from exc


def _merge(base: Tree, over: Tree) -> Tree:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _leaves(tree: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    elif prefix:
        yield prefix


def _explain(exc: ValidationError, sources: Mapping[str, str], path: Path | None, tree: Tree) -> Iterator[str]:
    """Every fault, with its source, its key, and the gate, camera or destination that it is of."""
    for complaint, error in zip(explain(exc, tree, unknown="no such setting"), exc.errors(), strict=True):
        near = similar_key(Settings, error["loc"]) if error["type"] == "extra_forbidden" else None
        owner = _owner(tree, error["loc"])
        hint = (f"; did you mean {near}?" if near else "") + (f" ({owner})" if owner else "")
        key = complaint.key
        source = next((where for name, where in sources.items() if key and (name == key or name.startswith(key))), None)
        yield f"{source or (f'file {path}' if path else 'settings')}: {complaint}{hint}"


def _owner(tree: Any, loc: Sequence[int | str]) -> str | None:
    """Which gate, camera or destination the key belongs to: its number in the list says little to whoever wrote it."""
    owner, kind = None, ""
    for part in loc:
        if isinstance(part, str):
            kind = part
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, int) and isinstance(tree, dict) and isinstance(tree.get("id"), str):
            owner = f"{_SINGULAR.get(kind, kind)} {tree['id']}"
    return owner
