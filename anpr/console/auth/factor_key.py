# SPDX-License-Identifier: AGPL-3.0-or-later
"""Check of the key of second factors at the start: a lost or foreign one stops the console and locks no user out.

A new key in place of a lost one would let none of them log in; and whoever enrols under it loses that when the old key
comes back. So a key is made only while nobody has a second factor.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from anpr.console.auth.second_factor import SealedSecretError, SecondFactor
from anpr.console.auth.secret_key import FACTOR_KEY, load_factor_key
from anpr.domain.errors import SettingsError

log = logging.getLogger(__name__)

_NAMED = 5
_WAY_OUT = "bring it back from its copy, or remove every second factor: anpr user reset-second-factor --all"


def open_second_factor(data_dir: Path, issuer: str, in_use: Mapping[str, bytes]) -> SecondFactor:
    """The second factor under the key in `data_dir`; `in_use`: the sealed secrets of those who have one, by user.

    Raises SettingsError where the key is missing or reads none of them; where it reads some, the log names the others.
    """
    path = data_dir / FACTOR_KEY
    if in_use and not path.exists():
        raise SettingsError(
            f"{path}: missing; only it verifies the second factors in the database ({len(in_use)}); {_WAY_OUT}"
        )
    factor = SecondFactor(load_factor_key(data_dir), issuer)
    unreadable = [user for user, sealed in in_use.items() if not _reads(factor, user, sealed)]
    if unreadable and len(unreadable) == len(in_use):
        raise SettingsError(f"{path}: not the key of the second factors in the database ({len(in_use)}); {_WAY_OUT}")
    if unreadable:
        named = ", ".join(unreadable[:_NAMED]) + (", …" if len(unreadable) > _NAMED else "")
        log.error("console: %s: not the key of some second factors (%d: %s): reset them", path, len(unreadable), named)
    return factor


def _reads(factor: SecondFactor, user: str, sealed: bytes) -> bool:
    try:
        factor.unseal(user, sealed)
    except SealedSecretError:
        return False
    return True
