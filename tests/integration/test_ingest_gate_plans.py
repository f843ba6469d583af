# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ingest where the centre is the source of gates: it hands plans on, and knows at once which gates keep hits only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from anpr.contract.gate_plan import SignedPlan, open_plan
from anpr.domain.errors import SettingsError
from anpr.domain.gate import Keep
from anpr.ingest.kept_gates import KeptGates, kept_gates
from anpr.ingest.run import run_ingest
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.settings.planned import read_definition
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.gate_versions import GateEdit, current_version, save_version
from anpr.store.gates import list_gates
from scripts.lab.transits import START
from tests.support.waiting import eventually


def settings_of(folder: Path, *purposes: str) -> Settings:
    rows = [{"id": each, "name": each, "keep": "hits"} for each in purposes]
    return Settings.model_validate(
        {"data_dir": str(folder), "gate_plan": {"source": "centre"}, "retention": {"purposes": rows}}
    )


def save(database: Database, **fields: Any) -> None:
    gate = {"id": "tosco", "name": "x", "purpose": "p", "legal_basis": "l", "reader": "r1", **fields}
    with database.transaction() as conn:
        newest = current_version(conn, "tosco")
        by = Author(name="anna", at=START)
        keep = {"checks": Keep.HITS}
        edit = GateEdit(by=by, reason="x", based_on=newest.version if newest else 0, keep_by_purpose=keep)
        save_version(conn, read_definition(gate), edit)


@contextmanager
def ingesting(settings: Settings, database: Database) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run_ingest, args=(settings, database, SystemClock(), stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_plans_are_handed_on_signed_with_the_sites_key(
    ingest_database: Database, database: Database, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    key = site_key(ensure_key(settings.audit_key_path)).public

    def numbers() -> list[int]:
        paths = settings.gate_plans_dir.glob("r1")
        return [open_plan(SignedPlan.from_file(path.read_bytes()), "r1", key).number for path in paths]

    save(database)
    with ingesting(settings, ingest_database):
        eventually(lambda: numbers() == [1])
        save(database, name="y")
        eventually(lambda: numbers() == [2])


def test_a_gate_that_keeps_hits_only_is_known_within_a_second(
    ingest_database: Database, database: Database, tmp_path: Path
) -> None:
    save(database)
    found, following = kept_gates(ingest_database, settings_of(tmp_path, "checks"), SystemClock())
    assert (found().hits_only, found().purposes) == (frozenset(), {})
    with following:
        save(database, retention_purpose="checks")
        eventually(lambda: found().hits_only == {"tosco"})
        assert (found().purposes, found().purposes_in_use) == ({"tosco": "checks"}, ("checks",))
        save(database)
        eventually(lambda: found() == KeptGates())


def test_what_the_settings_say_of_a_purpose_now_counts(
    ingest_database: Database, database: Database, tmp_path: Path
) -> None:
    save(database, retention_purpose="checks")
    settings = settings_of(tmp_path)
    purposes = [{"id": "checks", "name": "x", "keep": "all"}]
    every = settings.model_validate(settings.model_dump() | {"retention": {"purposes": purposes}})
    found, _ = kept_gates(ingest_database, every, SystemClock())
    assert (found().hits_only, found().purposes) == (frozenset(), {"tosco": "checks"})
    with database.transaction() as conn:
        assert [gate.keep for gate in list_gates(conn)] == [Keep.ALL]


def test_ingest_does_not_start_where_a_purpose_is_not_known(
    ingest_database: Database, database: Database, tmp_path: Path
) -> None:
    save(database, retention_purpose="checks")
    with pytest.raises(SettingsError, match=r"has no id 'checks', which the centre's gate tosco names"):
        kept_gates(ingest_database, settings_of(tmp_path), SystemClock())
