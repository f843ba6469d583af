# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of the gates: where they are, what they are for, whether they look, what passed."""

from anpr.console.pages.gates.page import PAGE

__all__ = ["PAGE"]
