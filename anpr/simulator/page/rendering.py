# SPDX-License-Identifier: AGPL-3.0-or-later
"""Jinja templates of the page, with the Italian catalogue and the filters that they use."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from anpr.settings.yaml_file import read_yaml

_HERE = Path(__file__).resolve().parent
_KIB = 1024


class PageTexts:
    """All texts of the page by key. Not the console's catalogue: with it comes all of the console, 45 MB."""

    def __init__(self, path: Path) -> None:
        sections = read_yaml(path)
        self._texts = {
            f"{section}.{name}": str(text) for section, part in sections.items() for name, text in part.items()
        }

    def __call__(self, key: str, **values: object) -> str:
        """The text with its values filled in. Raises KeyError: a fault of ours."""
        return self._texts[key].format(**values)

    def counted(self, key: str, count: int) -> str:
        """The text for this many, filled in as `count`; for one it is KEY_one."""
        return self(f"{key}_one" if count == 1 else key, count=count)


@cache
def page_texts() -> PageTexts:
    """Those of the page, read once."""
    return PageTexts(_HERE / "messages.it.yaml")


def make_environment(zone: ZoneInfo) -> Environment:
    """The templates; times are shown in `zone`."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    t = page_texts()

    def clock(moment: datetime) -> str:
        return moment.astimezone(zone).strftime("%H:%M:%S")

    def day(moment: datetime) -> str:
        return moment.astimezone(zone).strftime("%d/%m/%Y")

    environment.globals["t"] = t
    environment.filters |= {"clock": clock, "day": day, "size": size_of, "number": grouped}
    return environment


def size_of(count: int) -> str:
    """Bytes as people read them."""
    size: float = count
    for unit in ("B", "kB", "MB"):
        if size < _KIB or unit == "MB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}".replace(".", ",")
        size /= _KIB
    return ""


def grouped(count: int) -> str:
    """A number as Italian writes it."""
    return f"{count:,}".replace(",", ".")


def render(environment: Environment, template: str, **values: Any) -> bytes:
    """The template filled in, as UTF-8."""
    return environment.get_template(template).render(**values).encode()
