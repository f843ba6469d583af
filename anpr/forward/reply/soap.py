# SPDX-License-Identifier: AGPL-3.0-or-later
"""SOAP replies: the envelope, and the fault in it. Pure. A fault, and what is no envelope, never accepts anything."""

from dataclasses import dataclass

from anpr.forward.reply.document import Node, at, first_text, read_root, text_at
from anpr.ws_security.envelope import ENVELOPES

_ROOTS = frozenset(f"{space} Envelope" for space in ENVELOPES.values())
_MOST_CODES = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Local names of its codes, the most specific one first; and why, in the service's words."""

    codes: tuple[str, ...]
    text: str


def read_envelope(data: bytes) -> Node:
    """The tree below the Envelope (`Header`, `Body`), of SOAP 1.1 or 1.2. Raises ValueError when it is none."""
    root, tree = read_root(data)
    if root not in _ROOTS:
        raise ValueError("no SOAP envelope")
    if len(at(tree, "Body")) != 1:
        raise ValueError("an envelope without a Body, or with two")
    return tree


def fault_in(envelope: Node) -> Fault | None:
    """The fault, whatever stands beside it; None when there is none. Raises ValueError when two of them differ."""
    found = {_fault(each) for each in at(envelope, "Body/Fault")}
    if len(found) > 1:
        raise ValueError("two faults that differ")
    return found.pop() if found else None


def _fault(node: Node) -> Fault:
    code = text_at(node, "faultcode")
    if code is not None:
        return Fault(codes=_dotted(_local_name(code)), text=first_text(node, "faultstring"))
    return Fault(codes=tuple(_subcodes(node)), text=first_text(node, "Reason/Text"))


def _dotted(code: str) -> tuple[str, ...]:
    """`a.b.c`, `a.b`, `a`: the dot of 1.1 means that the code on its right is more specific."""
    parts = code.split(".")[:_MOST_CODES]
    return tuple(".".join(parts[:count]) for count in range(len(parts), 0, -1))


def _subcodes(node: Node) -> list[str]:
    found: list[str] = []
    place = "Code"
    while len(found) < _MOST_CODES and (value := text_at(node, f"{place}/Value")) is not None:
        found.insert(0, _local_name(value))
        place = f"{place}/Subcode"
    return found


def _local_name(code: str) -> str:
    return code.rpartition(":")[2]
