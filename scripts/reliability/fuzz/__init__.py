"""Broken and odd pictures, by a seed, and what `anpr read` makes of them."""
