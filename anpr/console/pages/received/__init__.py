# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists that a centre hands out: which version is held, how old it is, what came, and what waits for a person."""

from anpr.console.pages.received.page import PAGE

__all__ = ["PAGE"]
