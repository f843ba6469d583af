"""The edge: from a camera's frames to transits. Knows no database."""
