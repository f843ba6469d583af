# SPDX-License-Identifier: AGPL-3.0-or-later
"""Versions of gates and the plans made of them, with a real PostgreSQL and the console's own rights."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from anpr.domain.errors import AnprError, InputError, StoreError
from anpr.domain.gate import Keep
from anpr.domain.gate_plan import PlanOrigin, PlanState
from anpr.domain.health import UP, Change, HealthReport, SubjectKind
from anpr.domain.organisation import Organisation, OrganisationKind
from anpr.settings.planned import PlannedGate, read_definition
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.database.scope import Scope
from anpr.store.gate_plans import make_plans, plan_reports, record_plan_reports
from anpr.store.gate_versions import (
    ChangedMeanwhileError,
    GateEdit,
    GateVersion,
    current_version,
    current_versions,
    gate_history,
    restore_version,
    save_version,
)
from anpr.store.gates import list_gates
from anpr.store.organisations.registry import add_organisation, own
from scripts.lab.transits import START


def gate(gate_id: str = "tosco", reader: str | None = "r1", **fields: Any) -> PlannedGate:
    camera = {"id": f"{gate_id}-1", "url": f"rtsp://10.0.0.5/{gate_id}", "secret": "login"}
    values = {"id": gate_id, "name": gate_id.title(), "purpose": "p", "legal_basis": "l", "reader": reader}
    return read_definition({**values, "cameras": [camera], **fields})


def edit(based_on: int, who: str = "anna", minutes: int = 0) -> GateEdit:
    by = Author(name=who, at=START + timedelta(minutes=minutes))
    return GateEdit(by=by, reason="prova", based_on=based_on, keep_by_purpose={"checks": Keep.HITS})


def saved(conn: Connection, planned: PlannedGate, based_on: int = 0, who: str = "anna") -> GateVersion:
    made = save_version(conn, planned, edit(based_on, who))
    assert made is not None
    return made


def as_organisation(database: Database, organisation: str) -> Database:
    return database.limited_to(Scope(organisation_id=organisation, day=START.date()))


@pytest.fixture
def two_owners(database: Database) -> None:
    with database.transaction() as conn:
        add_organisation(conn, Organisation(id="empoli", name="Empoli", kind=OrganisationKind.MUNICIPALITY))
        saved(conn, gate("tosco"))
        saved(conn, gate("corso", reader="r2"))
        own(conn, "empoli", ["tosco"], [])


def test_the_second_of_two_savers_is_told_of_the_first_and_changes_nothing(database: Database) -> None:
    with database.transaction() as conn:
        saved(conn, gate())
        saved(conn, gate(name="Nome di Bruno"), based_on=1, who="bruno")
        with pytest.raises(
            ChangedMeanwhileError, match="bruno has saved version 2 after you were shown version 1"
        ) as e:
            save_version(conn, gate(name="Nome di Anna"), edit(1))
        assert e.value.newest.definition["name"] == "Nome di Bruno"
        assert [each.version for each in gate_history(conn, "tosco", 9)] == [2, 1]


def test_of_savers_at_once_one_wins(database: Database) -> None:
    with database.transaction() as conn:
        saved(conn, gate())

    def save(number: int) -> str:
        try:
            with database.transaction() as conn:
                save_version(conn, gate(name=f"Nome {number}"), edit(1))
        except ChangedMeanwhileError:
            return "told"
        return "saved"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(save, range(4))) == ["saved", "told", "told", "told"]


def test_the_same_again_is_no_version(database: Database) -> None:
    with database.transaction() as conn:
        saved(conn, gate())
        assert save_version(conn, gate(), edit(1)) is None


def test_a_version_changes_what_pages_and_ingest_know_of_the_gate(database: Database) -> None:
    with database.transaction() as conn:
        saved(conn, gate())
        saved(conn, gate(name="Nuovo", latitude=43.7, longitude=10.9, retention_purpose="checks"), based_on=1)
        (known,) = list_gates(conn)
        assert (known.name, known.latitude, known.keep, known.organisation) == ("Nuovo", 43.7, Keep.HITS, "manager")
        restored = restore_version(conn, "tosco", 1, edit(2))
        assert restored is not None
        assert restored.restored == 1
        assert list_gates(conn)[0].keep is Keep.ALL


@pytest.mark.usefixtures("two_owners")
def test_an_owner_changes_its_own_gates_only(console_database: Database) -> None:
    empoli = as_organisation(console_database, "empoli")
    with empoli.transaction() as conn:
        assert list(current_versions(conn)) == ["tosco"]
        saved(conn, gate(name="Di Empoli"), based_on=1)
        assert current_version(conn, "corso") is None
    with pytest.raises(AnprError), empoli.transaction() as conn:
        save_version(conn, gate("corso"), edit(0))
    stolen = {"id": "corso-1", "url": "rtsp://10.0.0.9/x"}
    with pytest.raises(InputError, match="another gate has a camera"), empoli.transaction() as conn:
        save_version(conn, gate("tosco", cameras=[stolen]), edit(2))
    with as_organisation(console_database, "manager").transaction() as conn:
        assert [each.name for each in list_gates(conn)] == ["Corso", "Di Empoli"]
        saved(conn, gate("tosco", name="Del gestore"), based_on=2)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gate_versions SET author = 'nobody'",
        "DELETE FROM gate_versions",
        "UPDATE gates SET organisation_id = 'empoli'",
        "INSERT INTO gates (id, name, purpose, legal_basis) VALUES ('x', 'x', 'x', 'x')",
        "UPDATE reader_plans SET number = 1",
    ],
)
@pytest.mark.usefixtures("two_owners")
def test_the_console_can_change_no_version_and_take_no_gate(console_database: Database, statement: str) -> None:
    with pytest.raises(StoreError), as_organisation(console_database, "empoli").transaction() as conn:
        conn.execute(statement.encode())


@pytest.mark.usefixtures("two_owners")
def test_without_an_organisation_nothing_is_seen(console_database: Database) -> None:
    with console_database.transaction() as conn:
        assert current_versions(conn) == {}
        assert plan_reports(conn) == []


def test_a_plan_has_the_gates_of_its_reader_and_a_number_that_grows(database: Database) -> None:
    def numbers() -> dict[str, tuple[int, list[str]]]:
        with database.transaction() as conn:
            plans = make_plans(conn)
        return {plan.reader_id: (plan.number, [each["id"] for each in plan.gates]) for plan in plans}

    with database.transaction() as conn:
        saved(conn, gate("tosco"))
        saved(conn, gate("corso", reader="r2"))
    assert numbers() == {"r1": (1, ["tosco"]), "r2": (2, ["corso"])}
    with database.transaction() as conn:
        saved(conn, gate("tosco", reader="r2"), based_on=1)
    assert numbers() == {"r1": (3, []), "r2": (3, ["corso", "tosco"])}
    with database.transaction() as conn:
        saved(conn, gate("corso", reader=None), based_on=1)
    assert numbers() == {"r1": (3, []), "r2": (4, ["tosco"])}


@pytest.mark.usefixtures("two_owners")
def test_ingest_makes_plans_and_keeps_what_readers_say(ingest_database: Database, console_database: Database) -> None:
    state = PlanState(
        origin=PlanOrigin.COPY, number=1, made_at=START, refused=2, refusal="gate tosco: camera 1: secret"
    )
    with ingest_database.transaction() as conn:
        assert [plan.reader_id for plan in make_plans(conn)] == ["r1", "r2"]
        record_plan_reports(conn, [report("r1", 1, state), report("r1", 0, PlanState(origin=PlanOrigin.NONE))])
        record_plan_reports(conn, [report("r2", 1, state), report("r3", 1, None)])
        (first, _) = plan_reports(conn)
        assert (first.reader_id, first.state) == ("r1", state)
    with as_organisation(console_database, "empoli").transaction() as conn:
        assert [each.reader_id for each in plan_reports(conn)] == ["r1"]


def report(reader: str, minutes: int, state: PlanState | None) -> HealthReport:
    at = START + timedelta(minutes=minutes)
    changes = (Change(state=UP, since=START),)
    return HealthReport(
        kind=SubjectKind.READER, id=reader, reader_id=reader, gate_ids=(), at=at, changes=changes, plan=state
    )
