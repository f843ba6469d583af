"""National plate formats, as data.

Sources: the Italian ones from D.P.R. 495/1992 art. 255 ff. and what docs/domain.md gathered from public sources;
the neighbours' in shape only, from their public registration rules. A small letter stands for a class (see CLASSES),
everything else for itself. A weight says how common the format is on Italian roads against the commonest (1.0); it is
set by hand from those sources, not learned.
"""

from dataclasses import dataclass

CLASSES = {
    "d": "0-9",
    "n": "1-9",
    "l": "ABCDEFGHJKLMNPRSTVWXYZ",  # Italy and France: no I O Q U (France has no SS, WW and the like; not told here)
    "a": "A-Z",
    "u": "A-ZÄÖÜ",
    "c": "BCDFGHJKLMNPRSTVWXYZ",
    "m": "23456789BCDFGHJKLMNPRSTVWXYZ",  # mopeds: no 0, 1 and no vowels, no Q
    "x": "0-9A-Z",
}
"""What a small letter of a pattern stands for."""

PROVINCES = (
    "AG AL AN AO AP AQ AR AT AV BA BG BI BL BN BO BR BS BZ CA CB CE CH CL CN CO CR CS CT CZ EN FE FG FI FO FR GE GO "
    "GR IM IS KR LC LE LI LO LT LU MC ME MI MN MO MS MT NA NO NU OR PA PC PD PE PG PI PN PO PR PS PT PV PZ RA RC RE RG "
    "RI RN RO SA SI SO SP SR SS SV TA TE TN TO TP TR TS TV UD VA VB VC VE VI VR VT VV"
)
"""Codes of the provinces that issued plates before 1994; Rome wrote ROMA."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One kind of plate of one country."""

    country: str
    """ISO 3166-1 alpha-2."""
    kind: str
    patterns: tuple[str, ...]
    """Regular expressions over classes; a hyphen is a gap in print: an emblem, seals, a dash, a new line. A pattern
    without any fits however the signs are set."""
    weight: float


RIGHT_BAND = frozenset({"AL", "FR", "IT"})
"""Countries whose plates have a blue band at the right end as well."""


def _of(country: str, kind: str, patterns: str, weight: float) -> Format:
    return Format(country=country, kind=kind, patterns=tuple(patterns.split()), weight=weight)


FORMATS: tuple[Format, ...] = (
    _of("IT", "car", "l{2}-d{3}l{2}", 1.0),
    _of("IT", "motorcycle", "l{2}-d{5}", 0.5),
    _of("IT", "moped", "m{6}", 0.05),
    _of("IT", "test", "x{2}Px{5}", 0.02),
    _of("IT", "carabinieri", "CCl{2}d{3}", 0.3),
    _of("IT", "army", "EIl{2}d{3}", 0.3),
    _of("IT", "navy", "MMl{2}d{3}", 0.2),
    _of("IT", "air force", "AMl{2}d{3}", 0.2),
    _of("IT", "finance guard", "GDIFd{3}l{2}", 0.3),
    _of("IT", "state police", "POLIZIAad{4}", 0.3),
    _of("IT", "fire brigade", "VFd{5} VFRd{4}", 0.3),
    _of("IT", "coast guard", "CPd{4}", 0.2),
    _of("IT", "civil protection", "PCld{2}l{2}", 0.2),
    _of("IT", "diplomatic", "(?:CD|CC)d{3}l{2}", 0.2),
    _of("IT", "old provincial", "(?:ROMA|<prov>)(?:d{6}|ld{5}|dld{4})", 0.2),
    _of("VA", "car", "SCVd{1,5} CVd{5}", 0.1),
    _of("SM", "car", "ld{4}", 0.1),
    _of("FR", "car", "l{2}-d{3}-l{2}", 0.2),
    _of("FR", "before 2009", "d{2,4}-l{2,3}-d{2}", 0.05),
    _of("DE", "car", "u{1,3}-a{1,2}-?nd{0,3}[EH]?", 0.15),
    _of("AT", "car", "a{1,2}-nd{1,4}a{1,3} a{1,2}-nd{0,4}-a{1,3}", 0.15),
    _of("CH", "car", "(?:AG|AI|AR|BE|BL|BS|FR|GE|GL|GR|JU|LU|NE|NW|OW|SG|SH|SO|SZ|TG|TI|UR|VD|VS|ZG|ZH)nd{0,5}", 0.2),
    _of("SI", "car", "(?:CE|GO|KK|KP|KR|LJ|MB|MS|NM|PO|SG)-x{2}-d{1,3}x{0,2} "
        "(?:CE|GO|KK|KP|KR|LJ|MB|MS|NM|PO|SG)-d{2}-x{3} (?:CE|GO|KK|KP|KR|LJ|MB|MS|NM|PO|SG)-xd-d{2}a", 0.1),
    _of("HR", "car", "a{2}-d{3,4}-l{1,2}", 0.15),
    _of("ES", "car", "d{4}-c{3}", 0.15),
    _of("RO", "car", "(?:B-d{2,3}|a{2}-d{2})-a{3}", 0.2),
    _of("PL", "car", "a{2}-d{4}x a{2}-d{3}a{2} a{3}-d{3}x{1,2} a{3}-ad{3} a{3}-d{2}a{2}", 0.15),
    _of("GB", "car", "a{2}d{2}-a{3} ad{1,3}-a{3} a{3}-d{1,3}a", 0.15),
    _of("NL", "car", "d{2}-c{3}-d c{2}-d{3}-c c-d{3}-c{2} d-c{3}-d{2} c{2}-d{2}-c{2} d{2}-c{2}-c{2} c{2}-c{2}-d{2} "
        "c{2}-d{2}-d{2}", 0.15),
    _of("BE", "car", "n-a{3}-d{3} a{3}-d{3}", 0.15),
    _of("CZ", "car", "da{1}d-d{4} da{2}-d{4}", 0.15),
    _of("SK", "car", "a{2}-d{3}a{2}", 0.1),
    _of("HU", "car", "a{3}-d{3} A{2}-a{2}-d{3}", 0.15),
    _of("BG", "car", "[ABCEHKMOPTXY]{1,2}-?d{4}-?[ABCEHKMOPTXY]{2}", 0.15),
    _of("LT", "car", "a{3}-d{3}", 0.1),
    _of("LV", "car", "a{2}-nd{0,3}", 0.1),
    _of("EE", "car", "d{3}-a{3}", 0.1),
    _of("UA", "car", "[ABCEHIKMOPTX]{2}-?d{4}-?[ABCEHIKMOPTX]{2}", 0.15),
    _of("TR", "car", "[0-8]d-(?:a-d{4,5}|a{2}-d{3,4}|a{3}-d{2,3})", 0.15),
    _of("GR", "car", "[ABEHIKMNOPTXYZ]{3}-d{4}", 0.1),
    _of("PT", "car", "a{2}-d{2}-a{2} d{2}-a{2}-d{2} d{2}-d{2}-a{2} a{2}-d{2}-d{2}", 0.1),
    _of("IE", "car", "d{2,3}-a{1,2}-nd{0,5}", 0.1),
    _of("DK", "car", "a{2}-d{2}-d{3}", 0.1),
    _of("NO", "car", "a{2}-d{5}", 0.1),
    _of("SE", "car", "a{3}-d{2}x", 0.1),
    _of("FI", "car", "a{3}-d{3}", 0.1),
    _of("RS", "car", "a{2}-d{3,5}-a{2}", 0.1),
    _of("AL", "car", "a{2}-d{3}-a{2}", 0.1),
    _of("MD", "car", "a{3}-d{3}", 0.1),
)  # fmt: skip
"""National formats. Others exist: a text that fits none is kept, with UNKNOWN's weight (see grammar)."""
