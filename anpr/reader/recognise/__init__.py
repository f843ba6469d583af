# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a plate becomes text."""

from anpr.reader.recognise.build import build_recogniser
from anpr.reader.recognise.reading import Reading, Recogniser
from anpr.reader.recognise.recogniser import agreed

__all__ = ["Reading", "Recogniser", "agreed", "build_recogniser"]
