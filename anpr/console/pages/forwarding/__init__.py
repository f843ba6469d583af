# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding: destinations, their days, files and profiles, a transit's way, and what is sent again."""

from anpr.console.pages.forwarding.page import PAGE

__all__ = ["PAGE"]
