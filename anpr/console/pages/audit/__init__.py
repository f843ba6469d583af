"""Page of the audit."""

from anpr.console.pages.audit.page import PAGE

__all__ = ["PAGE"]
