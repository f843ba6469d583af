# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a message came to the centre: signed by the reader it names, unsigned over a broker, or on the same machine."""

from enum import StrEnum


class Signature(StrEnum):
    """What vouches for a message."""

    SIGNED = "signed"
    """By a key that is enrolled for its reader."""
    UNSIGNED = "unsigned"
    """It came over a broker, and whoever may write there may have written it."""
    LOCAL = "local"
    """Read from the outbox on the same machine, without a broker."""
