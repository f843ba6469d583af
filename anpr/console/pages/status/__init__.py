"""Page of the system's status: gates, cameras, readers, forwarding."""

from anpr.console.pages.status.page import PAGE

__all__ = ["PAGE"]
