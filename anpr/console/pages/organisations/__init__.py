# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of the organisations, for administrators."""

from anpr.console.pages.organisations.page import PAGE

__all__ = ["PAGE"]
