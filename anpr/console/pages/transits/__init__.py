# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of transits: the latest ones, one transit in detail, and their images."""

from anpr.console.pages.transits.page import PAGE

__all__ = ["PAGE"]
