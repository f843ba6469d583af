"""Fuzz test of `anpr read` with broken and odd images, by a seed."""
