"""How a plate becomes text."""

from anpr.reader.recognise.build import build_recogniser
from anpr.reader.recognise.reading import Reading, Recogniser

__all__ = ["Reading", "Recogniser", "build_recogniser"]
