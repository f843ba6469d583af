"""How well a camera sees: sharp or blurred, light or dark, held against what is usual for it."""

from anpr.reader.sight.sight import Sight

__all__ = ["Sight"]
