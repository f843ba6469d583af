# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of the system's status: gates, cameras, readers, forwarding."""

from anpr.console.pages.status.page import PAGE

__all__ = ["PAGE"]
