"""Alarms: their life cycle, and retro-match of new watchlist entries against stored transits."""
