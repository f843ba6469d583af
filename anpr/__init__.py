"""Number plate recognition for Italian municipal police."""

__version__ = "0.1.0"
