# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registers and documents made from what runs, and what is about to end."""

from anpr.console.pages.documents.page import PAGE

__all__ = ["PAGE"]
