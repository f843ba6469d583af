# SPDX-License-Identifier: AGPL-3.0-or-later
"""Check of a package's time stamp by the roots that came with it, or by those of whoever verifies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anpr.evidence.layout import SIGNATURE, STAMP
from anpr.evidence.stamp import Stamp, StampError, StampFault, read_roots, verify_stamp


@dataclass(frozen=True, kw_only=True, slots=True)
class StampCheck:
    """`stamp` where it is good; `told`: what there is or why not, in words; `fault`: what is wrong, or empty."""

    told: str
    stamp: Stamp | None = None
    fault: str = ""


def check_stamp(
    said: object, signature: bytes | None, answer: bytes | None, packaged: bytes | None, given: bytes | None
) -> StampCheck:
    """`said`: the manifest of its stamp; `signature`: the bytes of manifest.sig; `answer`: those of manifest.tsr; roots
    as PEM: `packaged` with the package and listed in its manifest, or `given` by whoever verifies, which go first.

    Raises InputError for given roots that are none.
    """
    if answer is None:
        return _without(said)
    if signature is None or (pem := packaged if given is None else given) is None:
        return StampCheck(told="it has a time stamp, which was not checked: name the authority's roots with --tsa-ca")
    roots_of = "that came in the package, as the site's key signed it" if given is None else "of --tsa-ca"
    if given is not None:
        read_roots(given)
    try:
        stamp = verify_stamp(answer, signature, read_roots(pem))
    except StampError as exc:
        if exc.fault is StampFault.MODULE:
            return StampCheck(told=f"it has a time stamp, which was not checked: {exc}")
        return StampCheck(told="", fault=f"{STAMP}: it is no time stamp of {SIGNATURE} by the roots {roots_of}: {exc}")
    late = " (asked for later)" if _failure(said) or said is None else ""
    told = f"time stamp{late}: {stamp.at:%Y-%m-%d %H:%M:%S} UTC by {stamp.authority}, by the roots {roots_of}"
    return StampCheck(told=told, stamp=stamp)


def _without(said: object) -> StampCheck:
    if said is None:
        return StampCheck(told="it has no time stamp: none was asked for when it was made")
    if failure := _failure(said):
        return StampCheck(told=f"it has no time stamp: {failure}")
    return StampCheck(told="", fault=f"{STAMP}: it is missing")


def _failure(said: object) -> str:
    fields: Mapping[str, Any] = said if isinstance(said, dict) else {}
    if "failed" not in fields:
        return ""
    return f"{str(fields.get('authority'))[:300]} gave none: {str(fields.get('detail') or fields['failed'])[:300]}"
