# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where these pages are in the menu: beside the search, which has an entry."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends

from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext


def _of_search(context: ContextDep) -> PageContext:
    return replace(context, section="/search")


SectionDep = Annotated[PageContext, Depends(_of_search)]
"""The page's context, with the search's entry of the menu as the present one."""
