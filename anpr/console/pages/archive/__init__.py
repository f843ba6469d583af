# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive of alarms: the closed ones of a period by filters, one alarm, and exports."""

from anpr.console.pages.archive.page import PAGE

__all__ = ["PAGE"]
