"""Plates in one image: find, crop, read, threshold, second opinion."""
