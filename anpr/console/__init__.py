# SPDX-License-Identifier: AGPL-3.0-or-later
"""The operations room's web pages: live alarms, transits, search, watchlists, audit, status."""

from anpr.console.app import create_app

__all__ = ["create_app"]
