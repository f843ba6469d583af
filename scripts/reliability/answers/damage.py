# SPDX-License-Identifier: AGPL-3.0-or-later
"""Damage to answers: truncation, flipped bytes, bombs, other encodings, lies. Seeded."""

import gzip
from collections.abc import Callable
from random import Random

from anpr.forward.transport.base import MAX_REPLY_BYTES

Damage = Callable[[bytes, Random], bytes]


def whole(data: bytes, _: Random) -> bytes:
    """Return the data unchanged."""
    return data


def cut_off(data: bytes, rng: Random) -> bytes:
    """Truncate it."""
    return data[: rng.randrange(len(data))]


def flipped(data: bytes, rng: Random) -> bytes:
    """Up to 30 bytes are others."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 30)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def twice(data: bytes, _: Random) -> bytes:
    """The same document again after its end."""
    return data + data


def recoded(data: bytes, rng: Random) -> bytes:
    """Other bytes for the same text, with or without saying so."""
    text, charset = data.decode("utf-8", "replace"), rng.choice(("utf-16", "utf-32", "utf-7", "cp037", "utf-16-be"))
    return text.encode(charset, "replace")


def declared(data: bytes, rng: Random) -> bytes:
    """An XML declaration that names a codec, of which some are none of text."""
    names = ("klingon", "hex", "zlib", "idna", "punycode", "undefined", "unicode_escape", "utf-7", "utf-16", "charmap")
    head = f"<?xml version='1.0' encoding='{rng.choice(names)}'?>".encode()
    return head + data.removeprefix(b"<?xml version='1.0'?>")


def bomb(data: bytes, rng: Random) -> bytes:
    """A document type before it: entities that grow, that come from outside, or none."""
    layers = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    outside = rng.choice(('SYSTEM "file:///etc/hostname"', 'PUBLIC "x" "https://127.0.0.1:1/x"', '"ACCETTATO-7F3"'))
    types = (f'<!ENTITY a0 "x">{layers}', f"<!ENTITY x {outside}>", f"<!ENTITY % x {outside}> %x;", "")
    start = f"<!DOCTYPE r [{rng.choice(types)}]>".encode()
    return start + data.removeprefix(b"<?xml version='1.0'?>").replace(b"E1", rng.choice((b"&a9;", b"&x;", b"E1")))


def zipped(data: bytes, rng: Random) -> bytes:
    """Compressed, at times a bomb."""
    return gzip.compress(data if rng.random() < 0.5 else bytes(20 << 20), 1)


def deep(data: bytes, rng: Random) -> bytes:
    """Within many levels."""
    levels = rng.choice((60, 70, 1000, 100_000))
    if data[:1] == b"{":
        return b'{"esiti":' + b"[" * levels + data + b"]" * levels + b"}"
    return b"<r>" * levels + data.removeprefix(b"<?xml version='1.0'?>") + b"</r>" * levels


def wide(data: bytes, rng: Random) -> bytes:
    """Very many small things in it, or one that is very long."""
    fills = (b"[],", b"{},", b"<b/>", b"<b c=''/>", b"\n", b" ", b";", b"*;E1\n", b"0", b"a&amp;")
    fill = rng.choice(fills)
    many = fill * (rng.choice((MAX_REPLY_BYTES - len(data) - 20, MAX_REPLY_BYTES)) // len(fill))
    for start in (b'{"esiti": [', b"<esiti>", b"<e:Body>"):
        before, found, after = data.partition(start)
        if found:
            return before + found + many + after
    return many + data


def spoilt(data: bytes, rng: Random) -> bytes:
    """Bytes that no text may have, at some place."""
    place = rng.randrange(len(data))
    return data[:place] + rng.choice((b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[2J", b"]]>", b"--")) + data[place:]


def texted(data: bytes, rng: Random) -> bytes:
    """Names that our own trees use, or that other parsers know, and names that are there twice."""
    names = (b"#text", b"*", b"@id", b"__proto__", b"id", b"")
    return data.replace(b'"codice"', b'"codice": {"' + rng.choice(names) + b'": []}, "codice"', rng.randint(1, 3))


DAMAGES: tuple[tuple[Damage, int], ...] = (
    (whole, 40), (cut_off, 15), (flipped, 20), (twice, 5), (recoded, 5), (declared, 6), (bomb, 8), (zipped, 2),
    (deep, 3), (wide, 1), (spoilt, 10), (texted, 5),
)  # fmt: skip
"""With their shares."""
_NOTHING_ACCEPTS = frozenset({cut_off, twice, bomb, zipped})
"""Of JSON and XML; a receipt's rows count as far as they came."""


def damaged(data: bytes, rng: Random) -> tuple[bytes, Damage]:
    """The data with one damage, and which."""
    damages, shares = zip(*DAMAGES, strict=True)
    (one,) = rng.choices(damages, shares)
    return one(data, rng), one


def accepts_nothing(one: Damage, form: str) -> bool:
    """Whether no transit may be accepted after this damage, whatever the answer said."""
    return form != "receipt" and one in _NOTHING_ACCEPTS
