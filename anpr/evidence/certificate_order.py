# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workaround: sorts the certificates of a time stamp, as DER demands and OpenSSL's authorities do not.

The library refuses a SET that is not sorted. The certificates beside a signature are not signed themselves: their order
says nothing, and each is judged by the chain it makes. The lengths stay, so bytes change places and nothing else.
"""

_SEQUENCE, _CERTIFICATES = 0x30, 0xA0
_MOST_LENGTH_BYTES = 3


def with_sorted_certificates(answer: bytes) -> bytes:
    """The answer (TimeStampResp, DER) with its certificates in order; unchanged where it is not built as one: whoever
    reads it next refuses it."""
    try:
        start, end = _certificates(answer)
        parts, at = [], start
        while at < end:
            _, _, behind = _element(answer, at)
            parts.append(answer[at:behind])
            at = behind
    except (IndexError, ValueError):
        return answer
    return answer[:start] + b"".join(sorted(parts)) + answer[end:] if at == end else answer


def _certificates(answer: bytes) -> tuple[int, int]:
    """From where to where the certificates are: answer → token → its content → SignedData → [0]."""
    _, at, _ = _demand(answer, 0, _SEQUENCE)
    _, _, at = _demand(answer, at, _SEQUENCE)  # the status
    _, at, _ = _demand(answer, at, _SEQUENCE)  # ContentInfo
    _, _, at = _element(answer, at)  # its type
    _, at, _ = _demand(answer, at, 0xA0)
    _, at, _ = _demand(answer, at, _SEQUENCE)  # SignedData
    for _ in range(3):  # version, digest algorithms, content
        _, _, at = _element(answer, at)
    _, start, end = _demand(answer, at, _CERTIFICATES)
    return start, end


def _demand(data: bytes, at: int, tag: int) -> tuple[int, int, int]:
    found = _element(data, at)
    if found[0] != tag:
        raise ValueError(tag)
    return found


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, first byte of the content, and first byte behind it."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= _MOST_LENGTH_BYTES:
            raise ValueError(count)
        start += count
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise ValueError(length)
    return tag, start, start + length
