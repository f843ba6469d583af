# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of investigations: what is gathered for a case, by whom, and the evidence that is made of it."""

from anpr.console.pages.investigations.page import PAGE

__all__ = ["PAGE"]
