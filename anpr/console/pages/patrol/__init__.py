# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page for the phones of patrols."""

from anpr.console.pages.patrol.page import PAGE

__all__ = ["PAGE"]
