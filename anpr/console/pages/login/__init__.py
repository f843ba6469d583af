"""Login and logout, and the choice of language."""

from anpr.console.pages.login.page import PAGE

__all__ = ["PAGE"]
