# SPDX-License-Identifier: AGPL-3.0-or-later
"""Input and output shapes of the recogniser's network."""

from anpr.reader.recognise.alphabet import PLATE_CHARACTERS

CHARACTERS = (*PLATE_CHARACTERS, " ")
"""The output after the blank: every character, and the gap between groups."""
CLASSES = 1 + len(CHARACTERS)
HEIGHT, WIDTH = 48, 224
"""Of one line, px."""
STEPS = WIDTH // 4
