# SPDX-License-Identifier: AGPL-3.0-or-later
"""Query builder of searches: pieces of sql/search.sql, those alone that are asked; values go as parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from anpr.domain.partial_plate import sql_like
from anpr.domain.search_conditions import SearchConditions
from anpr.store.database.queries import load_queries

_SQL = load_queries("search")
_LINE = b"\n"


class SearchOrder(StrEnum):
    """In which order what was found is shown; the id decides between equal ones, so that it stays the same."""

    NEWEST = "newest"
    OLDEST = "oldest"
    PLATE = "plate"


class SearchFrom(StrEnum):
    """By which index transits are found: the plate's, four ways, a gate's hours, or what lists name."""

    EXACT = "exact"
    LOOK_ALIKE_EXACT = "look_alike_exact"
    WILDCARD = "wildcard"
    LOOK_ALIKE_WILDCARD = "look_alike_wildcard"
    GATES = "gates"
    ANY = "any"


_FROM = {
    SearchFrom.EXACT: "from_exact",
    SearchFrom.LOOK_ALIKE_EXACT: "from_look_alike_exact",
    SearchFrom.WILDCARD: "from_wildcard",
    SearchFrom.LOOK_ALIKE_WILDCARD: "from_look_alike_wildcard",
    SearchFrom.ANY: "from_any",
}
_IF = {
    "since": "if_since",
    "until": "if_until",
    "received_until": "if_received_until",
    "excluded": "if_excluded",
    "direction": "if_direction",
    "lane": "if_lane",
    "country": "if_country",
    "least_confidence": "if_least_confidence",
    "kinds": "if_kinds",
    "onward_gate": "if_onward",
}
"""The piece of a condition, by the parameter without which it is not asked."""
_ORDER = {
    SearchOrder.NEWEST: "order_newest",
    SearchOrder.OLDEST: "order_oldest",
    SearchOrder.PLATE: "order_plate",
}
_ORDER_BACK = {
    SearchOrder.NEWEST: "order_oldest",
    SearchOrder.OLDEST: "order_newest",
    SearchOrder.PLATE: "order_plate_back",
}
_AFTER = {
    SearchOrder.NEWEST: "after_newest",
    SearchOrder.OLDEST: "after_oldest",
    SearchOrder.PLATE: "after_plate",
}
_AFTER_BACK = {
    SearchOrder.NEWEST: "after_oldest",
    SearchOrder.OLDEST: "after_newest",
    SearchOrder.PLATE: "after_plate_back",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchStatement:
    """A search as SQL. `values`: the parameters, of which those that are not None are conditions."""

    source: SearchFrom
    order: SearchOrder
    is_backward: bool = False
    values: Mapping[str, Any]

    def rows(self) -> bytes:
        """The transits, ordered, `limit` of them behind `offset`."""
        order = _SQL[(_ORDER_BACK if self.is_backward else _ORDER)[self.order]]
        tail = _LINE.join([order, b"LIMIT %(limit)s OFFSET %(offset)s"])
        return _LINE.join([b"SELECT " + _SQL["columns"], self._found(_SQL["columns"], order), tail])

    def points(self) -> bytes:
        """When and where each passed alone, for a timeline; ordered, `limit` of them."""
        order = _SQL[_ORDER[self.order]]
        tail = _LINE.join([order, b"LIMIT %(limit)s OFFSET %(offset)s"])
        return _LINE.join([b"SELECT " + _SQL["point_columns"], self._found(_SQL["point_columns"], order), tail])

    def number(self) -> bytes:
        """How many there are, `limit` at most: in no order, so that nothing is sorted."""
        found = _LINE.join([b"SELECT 1", self._found(b"t.id", b""), b"LIMIT %(limit)s"])
        return b"SELECT count(*) AS count FROM (" + found + b") found"

    def _found(self, columns: bytes, order: bytes) -> bytes:
        if self.source is not SearchFrom.GATES:
            return _LINE.join([b"FROM " + _SQL[_FROM[self.source]], *self._conditions()])
        of_each = _LINE.join([b"SELECT " + columns, b"FROM " + _SQL["of_gate"], *self._conditions(), order])
        return _LINE.join([b"FROM " + _SQL["from_gates"], b"(", of_each, b"LIMIT %(limit)s + %(offset)s", b") t"])

    def _conditions(self) -> list[bytes]:
        found = [_SQL[piece] for name, piece in _IF.items() if self.values[name]]
        if self.source is not SearchFrom.GATES:
            found += [_SQL["if_windows"]] if self.values["starts"] is not None else []
            found += [_SQL["if_gates"]] if self.values["gate_ids"] else []
        if self.values["after_at"] is not None:
            found.append(_SQL[(_AFTER_BACK if self.is_backward else _AFTER)[self.order]])
        return found


def values_of(conditions: SearchConditions) -> dict[str, Any]:
    """The conditions as parameters, without their hours."""
    onward = conditions.onward
    return {
        "excluded": [sql_like(plate) for plate in conditions.excluded],
        "direction": conditions.direction,
        "lane": conditions.lane,
        "country": conditions.country,
        "least_confidence": conditions.least_confidence,
        "kinds": [kind.value for kind in conditions.kinds],
        "onward_gate": onward.gate_id if onward else None,
        "onward_within": onward.within if onward else None,
    }
