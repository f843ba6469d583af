# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms: their life cycle, and retro-match of new watchlist entries against stored transits."""
