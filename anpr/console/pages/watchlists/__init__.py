# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of the watchlists."""

from anpr.console.pages.watchlists.page import PAGE

__all__ = ["PAGE"]
