# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands at the foot of every page: the running version, where its source is, the accessibility statement."""

from dataclasses import dataclass

import anpr
from anpr.settings.centre import ConsoleSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Footer:
    """`source_url` is None where the site names no place: the page then says whom to ask (AGPL-3.0, section 13)."""

    version: str
    source_url: str | None = None
    accessibility_url: str | None = None


def footer_of(settings: ConsoleSettings) -> Footer:
    """The footer for these settings, with the version filled into the address of the source."""
    url = settings.source_url
    return Footer(
        version=anpr.__version__,
        source_url=url.replace("{version}", anpr.__version__) if url else None,
        accessibility_url=settings.accessibility_url,
    )
