# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of alarms: raised, acknowledged and closed ones, kept up to date by server-sent events."""

from anpr.console.pages.alarms.page import PAGE

__all__ = ["PAGE"]
