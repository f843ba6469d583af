# SPDX-License-Identifier: AGPL-3.0-or-later
"""Templates: records with the same elements differ in their texts only, and are filled in by one format. Pure."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import repeat
from typing import Any

Column = Sequence[str | None]
"""The texts of one field, a record each; None leaves the element out."""
Row = Sequence[tuple[str, str | None]]
"""Names and texts of a header, a trailer or a template; None as text leaves the element out."""

_ABSENT, _EMPTY, _TEXT = 0, 1, 2
_Shape = tuple[int, ...]


def tree_of(row: Row) -> dict[str, Any]:
    """Nested dicts from paths; names of one parent gather under it, in order of first mention."""
    tree: dict[str, Any] = {}
    for name, text in row:
        if text is None:
            continue
        *above, last = name.split("/")
        node = tree
        for part in above:
            node = node.setdefault(part, {})
        node[last] = text
    return tree


def filled(names: Sequence[str], columns: Sequence[Column], render: Callable[[dict[str, Any]], str]) -> list[str]:
    """Each record as text, from its texts as they are written, a column a field.

    `render` makes the template of those records that have the same elements, from a tree whose leaves stand for the
    texts; other braces in it are doubled.
    """

    @cache
    def template(shape: _Shape) -> Callable[..., str]:
        leaves = [_leaf(place, kind) for place, kind in enumerate(shape)]
        return render(tree_of(list(zip(names, leaves, strict=True)))).format

    shapes = zip(*map(_shapes, columns), strict=False)
    return [template(shape)(*texts) for shape, texts in zip(shapes, zip(*columns, strict=True), strict=False)]


def _leaf(place: int, kind: int) -> str | None:
    return None if kind == _ABSENT else "" if kind == _EMPTY else f"{{{place}}}"


def _shapes(column: Column) -> Iterable[int]:
    if all(column):
        return repeat(_TEXT)
    return [_ABSENT if text is None else _TEXT if text else _EMPTY for text in column]
