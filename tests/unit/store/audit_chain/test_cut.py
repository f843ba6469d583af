# SPDX-License-Identifier: AGPL-3.0-or-later
"""The proof of pruned rows: whatever is changed in it, the signature tells."""

from datetime import timedelta
from typing import Any

import pytest

from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError
from anpr.store.audit_chain.cut import Cut, read_proof, signed_detail
from scripts.lab.transits import START

CUT = Cut(
    first=1,
    last=40,
    head="ab" * 32,
    oldest_at=START - timedelta(days=900),
    newest_at=START - timedelta(days=400),
    export="audit-000000001-000000040.jsonl",
    export_sha256="cd" * 32,
)


def test_a_proof_comes_back_as_it_was_signed() -> None:
    key = SigningKey.generate()
    proof = read_proof(signed_detail(CUT, key))
    assert (proof.cut, proof.public_key, proof.cut.rows) == (CUT, key.public, 40)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pruned_from", 2),
        ("pruned_to", 41),
        ("pruned_hash", "ba" * 32),
        ("oldest_at", START.isoformat()),
        ("newest_at", START.isoformat()),
        ("export", "other.jsonl"),
        ("export", None),
        ("export_sha256", "dc" * 32),
        pytest.param("public_key", SigningKey.generate().public.text, id="public_key"),
    ],
)
def test_what_was_changed_is_told(name: str, value: Any) -> None:
    detail = {**signed_detail(CUT, SigningKey.generate()), name: value}
    with pytest.raises(InputError, match="signature of something else"):
        read_proof(detail)


@pytest.mark.parametrize("name", list(signed_detail(CUT, SigningKey.generate())))
def test_what_is_missing_is_told(name: str) -> None:
    detail = signed_detail(CUT, SigningKey.generate())
    del detail[name]
    with pytest.raises(InputError, match="does not"):
        read_proof(detail)
