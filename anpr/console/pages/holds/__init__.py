# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of holds: what is kept past its day for a case, and making, changing and ending it."""

from anpr.console.pages.holds.page import PAGE

__all__ = ["PAGE"]
