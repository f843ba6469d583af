# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers with their nouns: 1 gate, 2 gates, 0 entries."""


def counted(number: int, noun: str) -> str:
    """The number and the noun, in the plural unless it is one."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
