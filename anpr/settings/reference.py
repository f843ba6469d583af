# SPDX-License-Identifier: AGPL-3.0-or-later
"""Configuration reference, generated from the settings so that it cannot be wrong."""

import json
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from anpr.settings.model import Settings

_HEAD = """# Configuration reference

Written by `make docs`; a test compares it with the code.

Values come from the defaults, then a YAML file (`anpr --config FILE …` or `ANPR_CONFIG`), then the environment:
`ANPR_` and the key in capitals, sections joined by two underscores (`ANPR_CONSOLE__PORT=9000`). `DATABASE_URL` and
`KAFKA_BOOTSTRAP` are read too, and `DATABASE_URL_FILE` / `KAFKA_BOOTSTRAP_FILE` name a file that holds the value.
`anpr config check` names a wrong key, `anpr config show` prints every value with its source.

| key | type | default | meaning |
|---|---|---|---|
"""


def configuration_reference() -> str:
    """docs/configuration.md, whole."""
    return _HEAD + "".join(f"{row}\n" for row in _rows(Settings, ""))


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        variants = _variants_of(field.annotation)
        section, repeated = _section_of(field.annotation)
        if variants:
            yield from _variant_rows(key, field, variants)
        elif section is None:
            yield f"| `{key}` | {_type_of(model, name)} | {_default_of(field)} | {_meaning_of(field)} |"
        else:
            yield from _rows(section, f"{key}[]." if repeated else f"{key}.")


def _variants_of(annotation: Any) -> dict[str, type[BaseModel]]:
    """The sections of a union that is told apart by `kind`, by that; empty for anything else."""
    sections = [part for part in get_args(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
    if len(sections) < 2:
        return {}
    return {get_args(section.model_fields["kind"].annotation)[0]: section for section in sections}


def _variant_rows(key: str, field: FieldInfo, variants: dict[str, type[BaseModel]]) -> Iterator[str]:
    kinds = " \\| ".join(f"`{kind}`" for kind in variants)
    yield f"| `{key}.kind` | {kinds} | {_default_of(field)} | {_meaning_of(field)} |"
    for kind, section in variants.items():
        for row in _rows(section, f"{key}."):
            if not row.startswith(f"| `{key}.kind` "):
                *before, meaning = row.rsplit(" | ", 1)
                yield f"{before[0]} | With `{kind}`: {meaning}"


def _section_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part, get_origin(annotation) is tuple
    return None, False


def _type_of(model: type[BaseModel], name: str) -> str:
    schema = model.model_json_schema(mode="validation")
    return _schema_type(schema["properties"][name], schema.get("$defs", {}))


def _schema_type(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _schema_type(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_schema_type(option, defs) for option in schema["anyOf"] if option.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_schema_type(schema.get('items', {}), defs)}"
    return " ".join(filter(None, [str(schema.get("format") or schema.get("type", "value")), _range(schema)]))


def _range(schema: dict[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    return ", ".join(f"{sign} {schema[name]:g}" for name, sign in signs.items() if name in schema)


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.default is None or field.default is PydanticUndefined:
        return "none"
    if isinstance(field.default, SecretStr):
        return "secret"
    return f"`{json.dumps(to_jsonable_python(field.default), ensure_ascii=False)}`"


def _meaning_of(field: FieldInfo) -> str:
    return " ".join((field.description or "").split()).replace("|", "\\|")
