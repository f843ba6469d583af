# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of the users, for administrators."""

from anpr.console.pages.users.page import PAGE

__all__ = ["PAGE"]
