# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of the audit."""

from anpr.console.pages.audit.page import PAGE

__all__ = ["PAGE"]
