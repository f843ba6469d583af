# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login and logout, and the choice of language."""

from anpr.console.pages.login.page import PAGE

__all__ = ["PAGE"]
