# SPDX-License-Identifier: AGPL-3.0-or-later
"""Codes printed on plates: Italian provinces, and a good part of the districts of the neighbours."""


def _codes(words: str) -> tuple[str, ...]:
    return tuple(words.split())


ITALIAN_PROVINCES = _codes(
    """AG AL AN AO AP AQ AR AT AV BA BG BI BL BN BO BR BS BT BZ CA CB CE CH CL CN CO CR CS CT CZ EN FC FE FG FI FM FR
    GE GO GR IM IS KR LC LE LI LO LT LU MB MC ME MI MN MO MS MT NA NO NU OR PA PC PD PE PG PI PN PO PR PT PU PV PZ
    RA RC RE RG RI RM RN RO SA SI SO SP SR SS SU SV TA TE TN TO TP TR TS TV UD VA VB VC VE VI VR VT VV"""
)
"""The two letters on the right band."""

_SINCE_1994 = {"RM", "FC", "PU", "MB", "FM", "BT", "SU"}

CODES: dict[str, tuple[str, ...]] = {
    # Before 1994 Rome wrote its name in full, and Forlì and Pesaro had other letters than now.
    "prov": ("ROMA", "FO", "PS", *(p for p in ITALIAN_PROVINCES if p not in _SINCE_1994)),
    "de": _codes(
        """B M K S F HH D L DD H N HB ST UL FR KA MA HD KN LÖ RV FN BC A R IN PA RO TS BGL MÜ KF OA LI WÜ BA BT HO ES
        RT TÜ OG EM BL TUT VS WT LB WN GP HN SHA MTK HG OF DA GI KS WI MZ KO TR SB AC BN E DO BO W GT PB OS OL GÖ BS
        HI CE KI HL SE PI NMS SL FL RD"""
    ),
    "at": _codes("W S L G I K B P E WN WU BN MD KB KU LA IM LZ SZ KI VK VI FE SP WO GU LB LI BM LE MU JU"),
    "ch": _codes("ZH BE LU UR SZ OW NW GL ZG FR SO BS BL SH AR AI SG GR AG TG TI VD VS NE GE JU"),
    "si": _codes("LJ MB CE KR KP NM NG PO GO MS SG KK"),
    "ro": _codes(
        """AB AR AG BC BH BN BT BR BV BZ CL CS CJ CT CV DB DJ GL GR GJ HR HD IL IS IF MM MH MS NT OT PH SJ SM SB SV TR
        TM TL VL VS VN"""
    ),
    "pl": _codes(
        """WA WB WE WF WI WN WX WY WZ KR KN KTT PO PZ GD GA GDA SK SO SL SB DW DX DLU LU LUB BI BIA RZ RJS ZS ZK CB CT
        EL EP FZ FG NO NEL OP TK TKI"""
    ),
    "sk": _codes("BA BL KE KS ZA TN TT NR BB PO PP MT LM PD SC MI"),
    "hr": _codes("ZG ST RI PU OS ZD SB SK DU KA KR BJ VK"),
}
"""Lists that a template names."""
