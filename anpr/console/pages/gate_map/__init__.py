# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map of gates."""

from anpr.console.pages.gate_map.page import PAGE

__all__ = ["PAGE"]
