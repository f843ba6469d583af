# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statistics of outcomes: what came of the alarms of a period, and which lists and cameras cry wolf."""

from anpr.console.pages.statistics.page import PAGE

__all__ = ["PAGE"]
