"""The reader: from a camera's frames to transits, at the edge. Knows no database."""
