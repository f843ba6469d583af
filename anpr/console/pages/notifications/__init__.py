# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications: rules and recipients of an organisation, the ledger, and what is wrong with them."""

from anpr.console.pages.notifications.page import PAGE

__all__ = ["PAGE"]
