# SPDX-License-Identifier: AGPL-3.0-or-later
"""Schema mapping: which column holds the plate, the reason, start and end; by the header's words or as it is told."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from anpr.domain.errors import InputError
from anpr.domain.partial_plate import normalise_listed
from anpr.domain.plate import PlateError


class Column(StrEnum):
    """What a column may hold; the names are those of the plain file."""

    PLATE = "plate"
    REASON = "reason"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"
    OPERATION = "operation"
    """Of a file of changes, which only a profile reads: what is to be done with the row."""


ABSENT = "-"
"""Instead of a header or number: the file has no such column, whatever its headers say."""
_WORDS: dict[Column, tuple[str, ...]] = {
    Column.PLATE: (
        "plate", "plate number", "number plate", "license plate", "licence plate", "registration", "targa", "targhe",
        "targa veicolo", "targa del veicolo", "targa auto", "n targa", "nr targa", "num targa", "numero targa",
        "numero di targa", "veicolo",
    ),
    Column.REASON: (
        "reason", "note", "notes", "comment", "description", "motivo", "motivazione", "causale", "descrizione",
        "annotazioni", "annotazione", "nota", "oggetto", "motivo segnalazione", "motivo della segnalazione",
        "tipo segnalazione", "segnalazione", "tipologia",
    ),
    Column.VALID_FROM: (
        "valid from", "from", "start", "start date", "dal", "da", "valida da", "valido da", "valida dal", "valido dal",
        "validita da", "validita dal", "data inizio", "inizio", "inizio validita", "data inizio validita", "decorrenza",
        "data decorrenza", "data inserimento",
    ),
    Column.VALID_TO: (
        "valid to", "to", "until", "end", "end date", "expiry", "expires", "al", "a", "fino al", "valida a", "valido a",
        "valida al", "valido al", "valida fino al", "valido fino al", "validita a", "validita al", "scadenza",
        "data scadenza", "data di scadenza", "data fine", "fine", "fine validita", "data fine validita", "termine",
    ),
}  # fmt: skip
_COLUMN_OF = {word: column for column, words in _WORDS.items() for word in words}


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Where each is (from 0); `headers` of all columns, empty when the file has none; `unused` ones among them."""

    places: dict[Column, int]
    headers: list[str]

    @property
    def unused(self) -> list[str]:
        used = set(self.places.values())
        return [header for place, header in enumerate(self.headers) if header and place not in used]

    def name_of(self, column: Column) -> str:
        """As the file calls it, or as we do."""
        place = self.places.get(column, len(self.headers))
        return self.headers[place] if place < len(self.headers) and self.headers[place] else str(column)


def read_mapping(given: Sequence[str]) -> dict[Column, str]:
    """`plate=2` and `reason=Motivo` by column. Raises InputError for what is neither."""
    mapping: dict[Column, str] = {}
    for text in given:
        name, _, place = text.partition("=")
        if name not in set(_WORDS) or not place.strip():
            raise InputError(f"--column {text}: write {'|'.join(_WORDS)}, =, and the header or number of the column")
        if Column(name) in mapping:
            raise InputError(f"--column {text}: {name} is given twice")
        mapping[Column(name)] = place.strip()
    return mapping


def known_headers(cells: Sequence[str]) -> int:
    """How many of the cells are headers that are known."""
    return sum(1 for cell in cells if _word(cell) in _COLUMN_OF)


def columns_of(cells: Sequence[str], given: Mapping[Column, str]) -> Columns | None:
    """The columns when this row is the header, or the first row of a file without one; None when it is neither."""
    headers = [_word(cell) for cell in cells]
    places = _given_places(headers, len(cells), given)
    if places is None:
        return None
    for place, header in enumerate(headers):
        column = _COLUMN_OF.get(header)
        if column is not None and given.get(column) != ABSENT and column not in places and place not in places.values():
            places[column] = place
    if Column.PLATE in places and not _looks_like_plate(cells[places[Column.PLATE]]):
        return Columns(places=places, headers=list(cells))
    return _without_header(cells, places)


def _given_places(headers: list[str], width: int, given: Mapping[Column, str]) -> dict[Column, int] | None:
    places = {}
    for column, where in given.items():
        if where == ABSENT and column is not Column.PLATE:
            continue
        if where.isdecimal():
            place = int(where) - 1
        elif _word(where) in headers:
            place = headers.index(_word(where))
        else:
            return None
        if not 0 <= place < width and column is Column.PLATE:
            return None
        places[column] = place
    return places


def _without_header(cells: Sequence[str], places: dict[Column, int]) -> Columns | None:
    """A file of plates only, or one whose plate column was given by number."""
    filled = [cell for cell in cells if cell]
    if Column.PLATE not in places and len(filled) == 1 and cells[0] and _looks_like_plate(cells[0]):
        return Columns(places={**places, Column.PLATE: 0}, headers=[])
    if Column.PLATE in places and _looks_like_plate(cells[places[Column.PLATE]]):
        return Columns(places=places, headers=[])
    return None


def _looks_like_plate(text: str) -> bool:
    """A header has no digit: `TARGA` could be a plate by its letters."""
    try:
        return any(character.isdigit() for character in normalise_listed(without_formula(text)))
    except PlateError:
        return False


def without_formula(text: str) -> str:
    """`AB139CD` of `="AB139CD"`, which is how a text is kept from becoming a number in a spreadsheet."""
    return text[2:-1].strip() if len(text) > 3 and text.startswith('="') and text.endswith('"') else text


def _word(text: str) -> str:
    """A header without accents, signs and capitals: `Validità_da` is `validita da`."""
    plain = unicodedata.normalize("NFKD", without_formula(text)).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))
