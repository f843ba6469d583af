# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rule for the number of a proceeding: one short line that can be read, as the console's field takes it."""

import unicodedata

from anpr.domain.errors import InputError

MAX_CASE = 100


def check_case(text: str) -> str:
    """The number without space around it. Raises InputError for one that is empty, too long, or no plain line."""
    plain = text.strip()
    if not any(sign.isalnum() for sign in plain):
        raise InputError("--case: expected the number of a proceeding, such as 12/2026")
    if len(plain) > MAX_CASE:
        raise InputError(f"--case: at most {MAX_CASE} characters")
    if any(unicodedata.category(sign)[0] == "C" for sign in plain):
        raise InputError("--case: one line, without control characters")
    return plain
