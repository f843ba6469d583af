"""Where a plate's four corners lie, and the plate set level by them (homography)."""
