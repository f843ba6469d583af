# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page to search transits by plate, with a recorded reason."""

from anpr.console.pages.search.page import PAGE

__all__ = ["PAGE"]
