# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of one's own account."""

from anpr.console.pages.account.page import PAGE

__all__ = ["PAGE"]
