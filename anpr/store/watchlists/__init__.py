# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlists: lists, entries, CSV import, and matching against transits."""
