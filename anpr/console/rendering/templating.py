"""Turns a template and its values into a page in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from anpr.console.rendering import filters
from anpr.console.rendering.footer import Footer
from anpr.console.rendering.state_message import manner
from anpr.console.rendering.translations import Catalogue, Language
from anpr.domain.access import Permission, Role

_FOLDER = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who will look at the page. `may` are the permissions of their role; `form_token` goes into every form."""

    language: Language
    form_token: str
    user: str | None = None
    role: Role | None = None
    may: frozenset[Permission] = frozenset()
    path: str = "/"


class Pages:
    """All templates, with the site's name, time zone, languages and what stands at the foot of each page."""

    def __init__(
        self, catalogues: Mapping[Language, Catalogue], zone: ZoneInfo, municipality: str, footer: Footer
    ) -> None:
        self._catalogues = catalogues
        self._zone = zone
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals |= {"municipality": municipality, "footer": footer, "P": Permission}
        self._environment.filters |= {
            "time": self._local(filters.local_time),
            "day": self._local(filters.local_day),
            "moment": self._local(filters.local_moment),
            "utc": filters.universal_moment,
            "percent": filters.percent,
            "decimal": filters.decimal,
            "sign": filters.country_sign,
            "manner": manner,
        }

    def text(self, template: str, reader: Reader, **values: Any) -> str:
        """The template filled in, as HTML."""
        t = self._catalogues[reader.language]
        return self._environment.get_template(template).render(t=t, reader=reader, **values)

    def page(self, template: str, reader: Reader, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The same as an answer."""
        return HTMLResponse(self.text(template, reader, **values), status_code=status)

    def words(self, language: Language) -> Catalogue:
        """The messages of one language."""
        return self._catalogues[language]

    def _local(self, form: Any) -> Any:
        def apply(moment: datetime) -> str:
            text: str = form(moment, self._zone)
            return text

        return apply
