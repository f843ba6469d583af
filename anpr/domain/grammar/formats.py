# SPDX-License-Identifier: AGPL-3.0-or-later
"""National plate formats, as data.

Sources: the Italian ones from D.P.R. 495/1992 art. 255 ff. and what docs/domain.md gathered from public sources; the
others' from their public registration rules, in shape, with the characters each country leaves out. templates.py
describes how patterns are written; CLASSES and CODES name what their small letters and <names> stand for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CLASSES: Mapping[str, str] = {
    "d": "0123456789",
    "n": "123456789",
    "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "l": "ABCDEFGHJKLMNPRSTVWXYZ",  # Italy: no I O Q U
    "h": "ABCDEFGH",  # Italy: the first letters given out until 2026
    "r": "JKLMNPRSTVW",  # Italy: the first letters to come
    "m": "23456789BCDFGHJKLMNPRSTVWXYZ",  # Italian mopeds: no 0, 1 and no vowels, no Q
    "t": "0123456789ABCDEFGHJKLMNPRSTVWXYZ",  # Italian test plates: digits, and the letters of Italy
    "u": "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ",
    "f": "ABCDEFGHJKLMNPQRSTVWXYZ",  # France: no I O U
    "c": "BCDFGHJKLMNPRSTVWXYZ",  # Spain and the Netherlands: no vowels, no Q
    "g": "ABCDEFGHJKLMNOPRSTUVWXYZ",  # Great Britain: no I Q
    "v": "BCDEFGKLNOPRSTWZ",  # Poland: the voivodeships
    "p": "ACEFGHJKLMNPRSTUVWXY",  # Poland, second part: no B D I O Q Z
    "z": "ABCDEFHIJKLMNPRSTUVXYZ",  # Czechia: no G O Q W
    "s": "ABCDEFGHJKLMNOPRSTUWXYZ",  # Sweden: no I Q V
    "y": "ABCEHIKMOPTXY",  # the letters that Cyrillic and Latin share: Bulgaria, Ukraine, Belarus, Russia
    "e": "ABEHIKMNOPTXYZ",  # the letters that Greek and Latin share
    "k": "ABCDEFGHIJKLMNOPRSTUVYZ",  # Turkey: no Q W X
    "x": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
"""What a small letter of a pattern stands for."""

CODES: Mapping[str, tuple[str, ...]] = {
    name: tuple(codes.split())
    for name, codes in {
        "prov": "AG AL AN AO AP AQ AR AT AV BA BG BI BL BN BO BR BS BZ CA CB CE CH CL CN CO CR CS CT CZ EN FE FG FI FO "
        "FR GE GO GR IM IS KR LC LE LI LO LT LU MC ME MI MN MO MS MT NA NO NU OR PA PC PD PE PG PI PN PO PR PS PT PV "
        "PZ RA RC RE RG RI RN RO SA SI SO SP SR SS SV TA TE TN TO TP TR TS TV UD VA VB VC VE VI VR VT VV ROMA",
        "ch": "AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG TI UR VD VS ZG ZH",
        "si": "CE GO KK KP KR LJ MB MS NM PO SG",
        "hr": "BJ BM CK DA DE DJ DU GS IM KA KC KR KT KZ MA NA NG OG OS PU PZ RI SB SI SK SL ST VK VT VU VZ ZD ZG ZU",
        "ro": "AB AG AR BC BH BN BR BT BV BZ CJ CL CS CT CV DB DJ GJ GL GR HD HR IF IL IS MH MM MS NT OT PH SB SJ SM "
        "SV TL TM TR VL VN VS",
        "es": "A AB AL AV B BA BI BU C CA CC CE CO CR CS CU GC GE GI GR GU H HU IB J L LE LO LU M MA ML MU NA O OR OU "
        "P PM PO S SA SE SG SO SS T TE TF TO V VA VI Z ZA",
        "fr": "2A 2B 971 972 973 974 976 " + " ".join(f"{number:02}" for number in range(1, 96)),
        "ie": "C CE CN CW D DL G KE KK KY L LD LH LK LM LS MH MN MO OY RN SO T TN TS W WD WH WW WX",
        "tr": " ".join(f"{number:02}" for number in range(1, 82)),
        "in": "AP AR AS BR CG CH DL GA GJ HP HR JH JK KA KL MH ML MN MP MZ NL OD OR PB PY RJ SK TN TR TS UK UP WB",
    }.items()
}
"""What a <name> of a pattern stands for: the provinces that issued Italian plates before 1994, cantons, counties …"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One kind of plate of one country."""

    country: str
    """ISO 3166-1 alpha-2."""
    kind: str
    patterns: tuple[str, ...]
    """Patterns in the notation of templates.py."""
    traffic: float
    """How many plates of this kind are on Italian roads for every thousand Italian cars. A guess from the sources
    above and from where the borders are, not a count; see grammar.POWER for how little it is trusted."""


RIGHT_BAND = frozenset({"AL", "FR", "IT"})
"""Countries whose plates have a blue band at the right end as well."""


def _of(country: str, kind: str, patterns: str, traffic: float) -> Format:
    return Format(country=country, kind=kind, patterns=tuple(patterns.split()), traffic=traffic)


FORMATS: tuple[Format, ...] = (
    _of("IT", "car", "hl-d{3}l{2} hl/d{3}-l{2}", 1000),
    _of("IT", "car, letters to come", "rl-d{3}l{2} rl/d{3}-l{2}", 20),
    _of("IT", "two-line rear", "Zl/d{3}-l{2}", 2),
    _of("IT", "trailer", "Xl-d{3}l{2} Xl/d{3}-l{2}", 20),
    _of("IT", "local police", "Yl-d{3}l{2} Yl/d{3}-l{2} Yl/d{5}", 3),
    _of("IT", "temporary", "EE-d{3}l{2} EE/d{3}-l{2}", 2),
    _of("IT", "motorcycle", "l{2}/d{5}", 200),
    _of("IT", "moped", "m{2}/m{4} m{3}/m{3}", 40),
    _of("IT", "test", "t{2}P/t{5}", 10),
    _of("IT", "carabinieri", "CC-l{2}d{3}", 2),
    _of("IT", "army", "EI-l{2}d{3}", 1),
    _of("IT", "navy", "MM-l{2}d{3}", 0.5),
    _of("IT", "air force", "AM-l{2}d{3}", 0.5),
    _of("IT", "finance guard", "GDIF-d{3}l{2}", 1),
    _of("IT", "state police", "POLIZIA-ld{4}", 2),
    _of("IT", "fire brigade", "VF-d{5} VFR-d{4}", 1),
    _of("IT", "coast guard", "CP-d{4}", 0.5),
    _of("IT", "civil protection", "PC-ld{2}-l{2}", 0.5),
    _of("IT", "diplomatic", "CD-d{3}l{2}", 1),
    _of("IT", "consular", "CC-d{3}l{2}", 1),
    _of("IT", "old provincial", "<prov>-?d{6} <prov>-?ld{5} <prov>-?dld{4}", 20),
    _of("VA", "car", "SCV-?d{1,5} CV-?d{5}", 1),
    _of("SM", "car", "l-?d{4}", 1),
    _of("FR", "car", "f{2}-d{3}-f{2}", 20),
    _of("FR", "before 2009", "d{2,4}-f{2,3}-<fr>", 4),
    _of("DE", "car", "u{1,3}-a{1,2}-?nd{0,3}(E|H)?", 40),
    _of("AT", "car", "a{1,2}-nd{1,4}a{1,3} a{1,2}-nd{0,4}-a{1,3}", 20),
    _of("CH", "car", "<ch>-?nd{0,5}", 25),
    _of("SI", "car", "<si>-x{2}-d{1,3}x{0,2} <si>-d{2}-x{3} <si>-xd-d{2}a", 10),
    _of("HR", "car", "<hr>-d{3,4}-a{1,2}", 10),
    _of("ES", "car", "d{4}-c{3}", 10),
    _of("ES", "before 2000", "<es>-d{4}-a{1,2}", 1),
    _of("RO", "car", "B-d{2,3}-a{3} <ro>-d{2}-a{3}", 25),
    _of("PL", "car", "va-d{5} va-d{4}p va-d{3}p{2} va-dpd{3} va-dp{2}d{2} vaa-pd{3} vaa-d{2}p{2} vaa-dpd{2} vaa-d{2}pd "
        "vaa-dp{2}d vaa-p{2}d{2} vaa-d{5} vaa-d{4}p vaa-d{3}p{2} vaa-pd{2}p", 15),
    _of("GB", "car", "g{2}d{2}-g{3}", 8),
    _of("GB", "before 2001", "gnd{0,2}-g{3} g{3}-nd{0,2}g", 1),
    _of("GB", "Northern Ireland", "aIa-d{4} aaZ-d{4}", 0.5),
    _of("NL", "car", "d{2}-c{3}-d c{2}-d{3}-c c-d{3}-c{2} d-c{3}-d{2} c{2}-d{2}-c{2} d{2}-c{2}-c{2} c{2}-c{2}-d{2} "
        "c{2}-d{2}-d{2} d{2}-d{2}-c{2} d{2}-c{2}-d{2} c{3}-d{2}-c c-d{2}-c{3}", 10),
    _of("BE", "car", "n-a{3}-d{3} a{3}-d{3} d{3}-a{3}", 8),
    _of("CZ", "car", "nz-?x-d{4} nz-?d{4}", 10),
    _of("CZ", "before 2001", "z{2}-d{2}-d{2} z{3}-d{2}-d{2}", 0.5),
    _of("SK", "car", "a{2}-d{3}a{2}", 6),
    _of("HU", "car", "a{3}-d{3} Aa-a{2}-d{3}", 8),
    _of("BG", "car", "y{1,2}-?d{4}-?y{2}", 8),
    _of("LT", "car", "a{3}-d{3}", 2),
    _of("LV", "car", "a{2}-nd{0,3}", 2),
    _of("EE", "car", "d{3}-a{3}", 1),
    _of("UA", "car", "y{2}-?d{4}-?y{2}", 8),
    _of("BY", "car", "d{4}-y{2}-d", 1),
    _of("RU", "car", "y-?d{3}-?y{2}-?d{2,3}", 1),
    _of("TR", "car", "<tr>-k-d{4,5} <tr>-k{2}-d{3,4} <tr>-k{3}-d{2,3}", 6),
    _of("GR", "car", "e{3}-d{4}", 3),
    _of("PT", "car", "a{2}-d{2}-a{2} d{2}-a{2}-d{2} d{2}-d{2}-a{2} a{2}-d{2}-d{2}", 5),
    _of("IE", "car", "d{2,3}-<ie>-nd{0,5}", 1),
    _of("DK", "car", "a{2}-d{2}-d{3} a{2}-d{5}", 3),
    _of("NO", "car", "a{2}-d{4,5}", 2),
    _of("SE", "car", "s{3}-d{2}x", 3),
    _of("FI", "car", "a{3}-d{3}", 1),
    _of("IS", "car", "a{2}-?x-?d{2}", 0.2),
    _of("LU", "car", "a{2}-d{4}", 2),
    _of("LI", "car", "FL-nd{0,4}", 1),
    _of("RS", "car", "a{2}-d{3,5}-a{2}", 6),
    _of("BA", "car", "(A|E|J|K|M|O|T)d{2}-(A|E|J|K|M|O|T)-d{3}", 3),
    _of("MK", "car", "a{2}-d{4}-a{2}", 3),
    _of("ME", "car", "a{2}-a{2}d{3}", 2),
    _of("AL", "car", "a{2}-d{3}-a{2}", 8),
    _of("MD", "car", "a{3}-d{3}", 4),
    # Seldom on Italian roads, often in images that a reader is tested with.
    _of("AR", "car", "a{2}-d{3}-a{2} a{3}-d{3}", 0.5),
    _of("BR", "car", "a{3}-d{4} a{3}-?da-?d{2}", 3),
    _of("US", "car", "a{3}-?d{4} da{3}d{3} a{3}-d{3} d{3}-a{3} a{3}-ad{2} ad{2}-a{3} a{4}-d{2}", 3),
    _of("TW", "car", "a{3}-d{3,4} d{3}-a{3} d{4}-x{2} x{2}-d{4} xxx-d{3}", 0.2),
    _of("IN", "car", "<in>-?d{2}-?a{1,2}-?d{4}", 0.2),
    _of("PK", "car", "a{2,3}-d{3,4} a{2,3}-?d{2}-?d{3,4}", 0.2),
    _of("VN", "car", "d{2}a-?d{4,5}", 0.1),
)  # fmt: skip
"""National formats. Others exist: a text that fits none is kept, with UNKNOWN's weight (see grammar)."""
