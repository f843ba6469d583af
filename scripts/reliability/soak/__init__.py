"""Soak test: one reader runs for long on looped clips."""
