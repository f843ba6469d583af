# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploads: the one address that takes a file, and how large a request may be there and anywhere else."""

import re

from anpr.store.watchlists.uploads import MAX_UPLOAD

MAX_BODY_BYTES = 64 * 1024
"""Of a request anywhere else."""
MAX_UPLOAD_BODY = MAX_UPLOAD + MAX_BODY_BYTES
LEAST_BYTES_A_S = 32 * 1024
"""A file that comes more slowly than an office's thin line sends it is cut."""
TOO_LARGE = (
    f"Il file è troppo grande: al massimo {MAX_UPLOAD >> 20} MiB. Per liste più grandi: cartella sorvegliata o"
    f" anpr watchlist import.\nThe file is too large: {MAX_UPLOAD >> 20} MiB at most. For larger lists: a watched"
    " folder or anpr watchlist import.\n"
)
_ADDRESS = re.compile(r"/watchlists/[a-z0-9][a-z0-9._-]{0,63}/import")


def takes_file(path: str) -> bool:
    """Whether a form with a file may be sent to this address."""
    return _ADDRESS.fullmatch(path) is not None


def most_body(path: str) -> int:
    """Bytes that a request to this address may have."""
    return MAX_UPLOAD_BODY if takes_file(path) else MAX_BODY_BYTES


def extra_seconds(path: str, declared: int) -> float:
    """So much longer than any other body may this one take: a file over a thin line."""
    return declared / LEAST_BYTES_A_S if takes_file(path) and declared <= MAX_UPLOAD_BODY else 0.0
