# SPDX-License-Identifier: AGPL-3.0-or-later
"""Completeness reports: what became of every transit of a day."""

from anpr.console.pages.completeness.page import PAGE

__all__ = ["PAGE"]
