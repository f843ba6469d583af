# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of data subject requests: register, find, export, erase, answer or refuse."""

from anpr.console.pages.requests.page import PAGE

__all__ = ["PAGE"]
