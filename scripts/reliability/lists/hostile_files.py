# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hostile files of lists: a seed and a number determine each one, so that a harmful one can be reproduced."""

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

PROFILES: Mapping[str, str] = {
    "xml": """schema: 1
name: ostile-xml
encoding: {kind: xml, record: Elenco/Veicolo}
fields: [{column: plate, path: Targa}, {column: reason, path: Motivo}, {column: operation, path: "@op"}]
delivery:
  version: {path: Elenco/@v}
  base: {path: Elenco/@da}
  count: {path: Elenco/@n}
  kind: {path: Elenco/@tipo}
  full: [C]
  delta: [V]
  operations: {add: [I], change: [M], remove: [E]}
""",
    "fixed": """schema: 1
name: ostile-fisso
encoding: {kind: fixed-width, only: {start: 1, length: 1, value: D}}
fields: [{column: plate, start: 2, length: 10}, {column: reason, start: 12, length: 20}]
delivery:
  version: {line: {start: 1, length: 1, value: H}, start: 2, length: 8}
  count: {line: {start: 1, length: 1, value: F}, start: 2, length: 8}
""",
    "table": """schema: 1
name: ostile-tabella
encoding: {kind: table}
fields: [{column: plate, header: Targa}, {column: reason, header: Motivo}]
delivery:
  version: {name: "_([0-9]+)\\\\."}
""",
}
"""By kind of file, the profile of its list."""
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE Elenco [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {x} "{f"&{y};" * 10}">' for x, y in zip("bcdefgh", "abcdefg", strict=True))
    + ']><Elenco v="9" n="1" tipo="C"><Veicolo><Targa>&h;</Targa></Veicolo></Elenco>'
).encode()
_OUTSIDE = b"""<!DOCTYPE Elenco [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY % b SYSTEM "http://127.0.0.1:9/"> %b;]>
<Elenco v="9" n="1" tipo="C"><Veicolo><Targa>&a;</Targa></Veicolo></Elenco>"""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostileFile:
    """`plates`: what the list holds if it is taken, or None where no whole list was meant."""

    number: int
    kind: str
    mutation: str
    name: str
    content: bytes
    plates: frozenset[str] | None


def hostile_file(seed: int, number: int, version: int, held: frozenset[str]) -> HostileFile:
    """A file for a list whose `version` comes next and which holds these plates. The same arguments give the same
    one."""
    rng = Random(f"{seed} {number}")
    kind = rng.choices(list(PROFILES), (6, 3, 3))[0]
    names = list(_MUTATIONS)
    mutation = rng.choices(names, [_SHARES.get(each, 1.0) for each in names])[0]
    plates = _next_plates(rng, held)
    good = _WRITERS[kind](version, plates)
    content = _MUTATIONS[mutation](good, rng, version)
    name = (
        f"lista_{rng.choice((version, version, version, version - 1, 0))}.{rng.choice(('xml', 'csv', 'xlsx', 'dat'))}"
    )
    if kind == "table" and mutation == "untouched":
        name = f"lista_{version}.csv"
    return HostileFile(
        number=number, kind=kind, mutation=mutation, name=name, content=content,
        plates=plates if mutation == "untouched" else None,
    )  # fmt: skip


def plate_of(number: int) -> str:
    """One of 8,000 plates."""
    return f"AB{number % 1000:03d}{'ABCDEFGH'[number // 1000 % 8]}Z"


def _next_plates(rng: Random, held: frozenset[str]) -> frozenset[str]:
    """One or two others, so that nothing about the number is odd."""
    kept = sorted(held)[rng.randrange(0, 2) :]
    return frozenset([*kept, *(plate_of(rng.randrange(8000)) for _ in range(12 if not held else rng.randrange(0, 3)))])


def _xml(version: int, plates: frozenset[str]) -> bytes:
    rows = "".join(f"<Veicolo><Targa>{each}</Targa><Motivo>furto</Motivo></Veicolo>" for each in sorted(plates))
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<Elenco v="{version}" n="{len(plates)}" tipo="C">'
    return f"{head}{rows}</Elenco>".encode()


def _fixed(version: int, plates: frozenset[str]) -> bytes:
    rows = "".join(f"D{each:<10}{'furto':<20}\r\n" for each in sorted(plates))
    return f"H{version:08d}\r\n{rows}F{len(plates):08d}\r\n".encode()


def _table(_: int, plates: frozenset[str]) -> bytes:
    return ("Targa;Motivo\r\n" + "".join(f"{each};furto\r\n" for each in sorted(plates))).encode()


_WRITERS: Mapping[str, Callable[[int, frozenset[str]], bytes]] = {"xml": _xml, "fixed": _fixed, "table": _table}
_Mutation = Callable[[bytes, Random, int], bytes]


def _untouched(good: bytes, rng: Random, version: int) -> bytes:
    del rng, version
    return good


def _cut(good: bytes, rng: Random, version: int) -> bytes:
    del version
    return good[: rng.randrange(len(good))]


def _flipped(good: bytes, rng: Random, version: int) -> bytes:
    del version
    data = bytearray(good)
    for _ in range(rng.randrange(1, 12)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _spliced(good: bytes, rng: Random, version: int) -> bytes:
    del version
    a, b = sorted(rng.randrange(len(good)) for _ in range(2))
    return good[:a] + good[a:b] * rng.randrange(0, 5) + good[b:]


def _inserted(good: bytes, rng: Random, version: int) -> bytes:
    del version
    place = rng.randrange(len(good))
    odd = rng.choice(
        (b"\x00", b"\xff\xfe", b"]]>", b"<!--", b"<", b"&#0;", b"&x;", b'"', b"\r", "\u202e".encode(), b"=1+1")
    )
    return good[:place] + odd * rng.randrange(1, 200) + good[place:]


def _bomb(good: bytes, rng: Random, version: int) -> bytes:
    del good, version
    return rng.choice((_BOMB, _OUTSIDE))


def _huge_field(good: bytes, rng: Random, version: int) -> bytes:
    del version
    middle = len(good) // 2
    return good[:middle] + rng.choice((b"A", b"<a>", b";", b"'")) * rng.choice((40_000, 400_000)) + good[middle:]


def _other_charset(good: bytes, rng: Random, version: int) -> bytes:
    del version
    text = good.decode()
    told = rng.choice(("utf-16", "utf-7", "cp037", "no-such", "utf-32"))
    if rng.random() < 0.5:
        return text.replace('encoding="utf-8"', f'encoding="{told}"').encode()
    return text.encode(rng.choice(("utf-16", "utf-32", "cp037")))


def _spreadsheet(good: bytes, rng: Random, version: int) -> bytes:
    """A bomb, or a broken one."""
    del version
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(rng.choice((1_000, 30_000_000))))
    data = packed.getvalue()
    return rng.choice((data, data[: len(data) // 2], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + good, zlib.compress(good)))


def _wrong_facts(good: bytes, rng: Random, version: int) -> bytes:
    """Versions, kinds and counts that are none, too large or others."""
    told = rng.choice(("-1", "9" * 40, "\u0661", "0", str(version - 1), str(version + 5), "1e3", "", "nan", "' OR 1=1"))
    text = good.decode()
    old = rng.choice((f'v="{version}"', 'tipo="C"', "n=", f"H{version:08d}", "F0000"))
    new = {"n=": f'n="{told}" m='}.get(old, f'{old.split("=")[0]}="{told}"' if "=" in old else f"{old[0]}{told:>8}")
    return text.replace(old, new).encode()


def _changes(good: bytes, rng: Random, version: int) -> bytes:
    """Changes of a base that is not held, or with operations that are none."""
    del good
    base = rng.choice((version - 2, version + 1, version * 10))
    rows = "".join(
        f'<Veicolo op="{rng.choice("IMEX ")}"><Targa>{plate_of(rng.randrange(50))}</Targa><Motivo>m</Motivo></Veicolo>'
        for _ in range(5)
    )
    return f'<Elenco v="{version}" da="{base}" n="5" tipo="V">{rows}</Elenco>'.encode()


def _nested(good: bytes, rng: Random, version: int) -> bytes:
    del good, version
    return b"<a>" * rng.choice((70, 50_000)) + b"x"


def _noise(good: bytes, rng: Random, version: int) -> bytes:
    del good, version
    return rng.randbytes(rng.randrange(0, 5_000))


_MUTATIONS: Mapping[str, _Mutation] = {
    "untouched": _untouched, "cut": _cut, "flipped": _flipped, "spliced": _spliced, "inserted": _inserted,
    "bomb": _bomb, "huge field": _huge_field, "other charset": _other_charset, "spreadsheet": _spreadsheet,
    "wrong facts": _wrong_facts, "changes": _changes, "nested": _nested, "noise": _noise,
}  # fmt: skip
_SHARES = {"untouched": 3.0, "cut": 2.0, "flipped": 2.0, "spliced": 2.0, "spreadsheet": 0.3}
