# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rule for the number of a proceeding: one short line that can be read, as the console's field takes it."""

from anpr.domain.errors import InputError

MAX_CASE = 100


def check_case(text: str) -> str:
    """The number on one line, with single spaces. Raises InputError for one that is empty, too long, or not plain."""
    plain = " ".join(text.split())
    if not any(sign.isalnum() for sign in plain):
        raise InputError("--case: expected the number of a proceeding, such as 12/2026")
    if len(plain) > MAX_CASE:
        raise InputError(f"--case: at most {MAX_CASE} characters")
    if not plain.isprintable():
        raise InputError("--case: without control characters")
    return plain
