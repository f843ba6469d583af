"""Watchlists: lists, entries, CSV import, and matching against transits."""
