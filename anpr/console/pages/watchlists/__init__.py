"""Page of the watchlists."""

from anpr.console.pages.watchlists.page import PAGE

__all__ = ["PAGE"]
