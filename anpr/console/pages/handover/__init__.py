# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handover of a shift: what is open, signed by who leaves and by who comes."""

from anpr.console.pages.handover.page import PAGE

__all__ = ["PAGE"]
