# SPDX-License-Identifier: AGPL-3.0-or-later
"""A time stamp for a package that has none: a copy with the authority's answer behind its files."""

import os
import shutil
import zipfile
from pathlib import Path

from anpr.domain.errors import InputError
from anpr.evidence.archive import add_stamp
from anpr.evidence.layout import SIGNATURE
from anpr.evidence.stamp import StampError, StampFault
from anpr.evidence.stamping import Stamping, StampOutcome
from anpr.evidence.verification import verify_package


def stamp_late(path: Path, out: Path, stamping: Stamping) -> StampOutcome:
    """Write to `out` what is at `path` with a stamp of now. Raises InputError for a package that was changed or has a
    stamp, and where `out` is taken; StampError where there is no stamp: then nothing is there."""
    found = verify_package(path)
    if found.faults:
        raise InputError(f"{path}: NOT as it was signed: {found.faults[0]}")
    with zipfile.ZipFile(path) as archive:
        outcome, answer = stamping.stamp(archive.read(SIGNATURE)) if not found.is_stamped else (None, b"")
    if outcome is None:
        raise InputError(f"{path}: it has a time stamp")
    if outcome.at is None:
        raise StampError(outcome.failure or StampFault.SETTINGS, outcome.detail or "evidence.time_stamp.url: not set")
    try:
        os.close(os.open(out, os.O_CREAT | os.O_EXCL, 0o600))
        shutil.copyfile(path, out)
        add_stamp(out, answer)
        if faults := verify_package(out, stamp_roots=stamping.roots_pem).faults:
            raise InputError(f"{out}: {faults[0]}")
    except FileExistsError as exc:
        raise InputError(f"{out}: it is there already") from exc
    except OSError as exc:
        out.unlink(missing_ok=True)
        raise InputError(f"{out}: {exc.strerror or exc}") from exc
    except InputError:
        out.unlink(missing_ok=True)
        raise
    return outcome
