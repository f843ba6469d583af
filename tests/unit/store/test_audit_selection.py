# SPDX-License-Identifier: AGPL-3.0-or-later
"""A signed selection of the audit: whole, changed, cut, and taken for the whole audit."""

import json

import pytest

from anpr.domain.errors import InputError
from anpr.store.audit_export import verify_export
from anpr.store.audit_selection import is_selection, selection_lines, verify_selection
from tests.unit.store.test_audit_export import KEY, NOW, rows

WHICH = {"person": "anna"}


def selected() -> list[bytes]:
    return list(selection_lines(rows(5)[::-2], WHICH, "empoli", KEY, NOW))


def test_a_selection_verifies_and_says_what_it_is() -> None:
    found = verify_selection(selected())
    assert (found.rows, found.filter, found.organisation, found.exported_at) == (3, WHICH, "empoli", NOW)
    assert found.public_key == KEY.public
    assert is_selection(selected()[0])


def test_a_selection_of_no_row_is_signed_too() -> None:
    assert verify_selection(selection_lines([], WHICH, "empoli", KEY, NOW)).rows == 0


def test_a_selection_never_passes_as_the_whole_audit() -> None:
    with pytest.raises(InputError, match="no export of the audit"):
        verify_export(selected())


@pytest.mark.parametrize(("old", "new"), [(b"anna", b"ugo"), (b"empoli", b"vinci"), (b"furto", b"prova")])
def test_a_changed_word_anywhere_is_found(old: bytes, new: bytes) -> None:
    changed = b"".join(selected()).replace(old, new, 1).splitlines(keepends=True)
    with pytest.raises(InputError, match="signature is not that"):
        verify_selection(changed)


def test_rows_left_out_swapped_or_doubled_are_found() -> None:
    lines = selected()
    with pytest.raises(InputError, match="speaks of 3 rows, and 2"):
        verify_selection(lines[:1] + lines[2:])
    with pytest.raises(InputError, match="signature is not that"):
        verify_selection([lines[0], lines[2], lines[1], *lines[3:]])
    with pytest.raises(InputError, match="speaks of 3 rows, and 4"):
        verify_selection([*lines[:2], lines[1], *lines[2:]])


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_cut_selection_is_found(kept: int) -> None:
    with pytest.raises(InputError, match="cut off"):
        verify_selection(selected()[:kept])


def test_a_count_made_to_fit_is_found() -> None:
    lines = selected()
    end = json.loads(lines[-1]) | {"rows": 2}
    with pytest.raises(InputError, match="signature is not that"):
        verify_selection([*lines[:1], *lines[2:-1], json.dumps(end).encode()])
