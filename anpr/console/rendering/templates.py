# SPDX-License-Identifier: AGPL-3.0-or-later
"""Jinja templates of the console: a template and its values become HTML in the visitor's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from anpr.console.page import Page
from anpr.console.rendering import filters
from anpr.console.rendering.compiled_templates import COMPILED
from anpr.console.rendering.footer import Footer
from anpr.console.rendering.map_background import OUTLINE, Background
from anpr.console.rendering.translations import Catalogue, Language
from anpr.domain.access import Permission, Role

_CONSOLE = Path(__file__).resolve().parent.parent
FOLDERS = (_CONSOLE / "templates", _CONSOLE / "pages")


@dataclass(frozen=True, kw_only=True, slots=True)
class PageContext:
    """Who a page is rendered for. `may` are the permissions of their role; `form_token` goes into every form; `path`
    decides which entry of the menu is the present one; `address` (with its query) is where the language switch comes
    back to."""

    language: Language
    form_token: str
    user: str | None = None
    role: Role | None = None
    provider: str | None = None
    """What people call the OpenID provider that let them in; None: they have a password here."""
    may: frozenset[Permission] = frozenset()
    menu: tuple[Page, ...] = ()
    path: str = "/"
    address: str = "/"
    section: str = ""
    """Path of the menu entry that a page belongs to, when it is not that of its address."""
    session: Mapping[str, object] | None = None
    """When the session ends, for the scripts."""
    organisation: str | None = None
    """Whom the visitor works for, where it is not who runs the system."""
    ending: int | None = None
    """What is over or about to end; None for roles that see no documents."""
    to_decide: int | None = None
    """Proposals of lists that others have made; None for roles that edit no lists."""
    to_take: int | None = None
    """Alarms that nobody has acknowledged; None for roles that see no alarms."""


class Templates:
    """All templates, with the site's name, time zone, languages, footer and background of maps.

    A page's own template is called FOLDER/NAME.html, one that pages share NAME.html.
    """

    def __init__(
        self,
        catalogues: Mapping[Language, Catalogue],
        zone: ZoneInfo,
        municipality: str,
        footer: Footer,
        map_background: Background = OUTLINE,
    ) -> None:
        self._catalogues = catalogues
        self._zone = zone
        self._environment = Environment(
            loader=FileSystemLoader(FOLDERS),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=COMPILED,
        )
        self._environment.globals |= {"municipality": municipality, "footer": footer, "P": Permission}
        self._environment.globals["map_background"] = map_background
        self._environment.filters |= {
            "time": self._local(filters.local_time),
            "day": self._local(filters.local_day),
            "minute": self._local(filters.local_minute),
            "moment": self._local(filters.local_moment),
            "field_start": self._local(filters.field_start),
            "field_end": self._local(filters.field_end),
            "iso_day": filters.iso_day,
            "utc": filters.universal_moment,
            "percent": filters.percent,
            "decimal": filters.decimal,
            "sign": filters.country_sign,
            "health_subject": filters.health_subject,
            "state_message_key": filters.state_message_key,
        }
        self._environment.tests["european_union"] = filters.is_european_union
        # Once: a page of fifty cards would import them 150 times, a third of its time.
        self._environment.globals["parts"] = self._environment.get_template("parts.html").module

    def catalogue(self, language: Language) -> Catalogue:
        """The messages of this language."""
        return self._catalogues[language]

    def render(self, template: str, context: PageContext, **values: Any) -> str:
        """The template filled in, as HTML."""
        t = self._catalogues[context.language]
        return self._environment.get_template(template).render(t=t, context=context, **values)

    def response(self, template: str, context: PageContext, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The template filled in, as the answer to a request."""
        return HTMLResponse(self.render(template, context, **values), status_code=status)

    def _local(self, form: Any) -> Any:
        def apply(moment: datetime) -> str:
            text: str = form(moment, self._zone)
            return text

        return apply
