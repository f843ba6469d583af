"""Read a profile from its YAML file; every complaint names the file and the key."""

import json
from collections.abc import Hashable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from anpr.domain.errors import ForwardError
from anpr.forward.profile.model import Profile
from anpr.settings import resource_path

MAX_PROFILE_BYTES = 1024 * 1024


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, where YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, ((key_node, _), key) in enumerate(zip(node.value, keys, strict=True)):
            if key in keys[:index]:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is there twice", key_node.start_mark)
        return super().construct_mapping(node, deep)


def profile_path(name: str) -> Path:
    """A name without a folder and an ending is one of config/forwarding/; anything else is a path."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    return resource_path("config", "forwarding", f"{name}.yaml")


def load_profile(name: str) -> Profile:
    """The profile of this name or path.

    Raises ForwardError (permanent) naming the file and the key when it is missing or wrong.
    """
    path = profile_path(name)
    tree = _read(path)
    try:
        # JSON mode: strict about types, and still takes lists for tuples and text for dates.
        return Profile.model_validate_json(json.dumps(tree, default=_plain))
    except ValidationError as exc:
        raise _wrong(path, _explain(exc)) from exc
    except (TypeError, ValueError) as exc:
        raise _wrong(path, str(exc)) from exc


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_PROFILE_BYTES:
            raise _wrong(path, f"a profile has at most {MAX_PROFILE_BYTES} bytes")
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # a SafeLoader
    except OSError as exc:
        raise _wrong(path, exc.strerror or str(exc)) from exc
    except UnicodeDecodeError as exc:
        raise _wrong(path, "not a UTF-8 text file") from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise _wrong(path, f"{where}{getattr(exc, 'problem', None) or 'not YAML'}") from exc
    if not isinstance(tree, dict):
        raise _wrong(path, "expected keys and values at the top")
    return tree


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no place in a profile")


def _explain(exc: ValidationError) -> str:
    first = exc.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "no such key"
    more = f" (and {exc.error_count() - 1} more)" if exc.error_count() > 1 else ""
    return f"{key}: {message}{more}" if key else f"{message}{more}"


def _wrong(path: Path, detail: str) -> ForwardError:
    return ForwardError(f"profile {path}: {detail}", permanent=True)
