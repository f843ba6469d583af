# SPDX-License-Identifier: AGPL-3.0-or-later
"""Users, gates, pictures' rows and refused messages in a real PostgreSQL."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from anpr.contract.image import image_header
from anpr.domain.access import Role
from anpr.domain.errors import InputError, PoisonReason
from anpr.domain.gate import Camera, CameraKind, Gate
from anpr.domain.organisation import MANAGER
from anpr.domain.transit import ImageRole
from anpr.store.database.connection import Database
from anpr.store.dead_letters import (
    MAX_VALUE_BYTES,
    DeadLetter,
    count_dead_letters,
    delete_dead_letters,
    list_dead_letters,
    record_dead_letters,
)
from anpr.store.gates import list_gates, save_gates
from anpr.store.images.image_store import record_image, stored_roles
from anpr.store.users.accounts import User, create_user, get_user, list_users, set_disabled, set_password_hash, set_role
from scripts.lab.transits import START, make_transit, with_images

ANNA = User(name="anna", role=Role.OPERATOR, password_hash="$argon2id$x")
GATE = Gate(
    id="gate-1",
    name="Porta Nuova",
    purpose="urban security",
    legal_basis="Patto 2026",
    legal_basis_until=date(2027, 12, 31),
    latitude=43.8,
    longitude=11.48,
    cameras=(
        Camera(id="cam-1", url="rtsp://user:secret@10.0.0.1/1", lane="1", bearing_deg=90),
        Camera(id="cam-2", url="rtsp://10.0.0.2/1", kind=CameraKind.CONTEXT),
    ),
)
LETTER = DeadLetter(
    received_at=START,
    topic="anpr.transits",
    partition=3,
    offset=12,
    reason=PoisonReason.NOT_JSON,
    detail="7 bytes that are not JSON",
    size=7,
    value=b"\x00\xffnot js",
)


def test_users_are_made_changed_and_listed(database: Database) -> None:
    with database.transaction() as conn:
        create_user(conn, ANNA)
        create_user(conn, User(name="ugo", role=Role.DPO, password_hash="h"))
        with pytest.raises(InputError, match="user anna: exists already"):
            create_user(conn, replace(ANNA, role=Role.ADMINISTRATOR))
        assert get_user(conn, "anna") == ANNA
        set_password_hash(conn, "anna", "$argon2id$y")
        set_role(conn, "anna", Role.INVESTIGATOR)
        set_disabled(conn, "anna", True)
        changed = User(name="anna", role=Role.INVESTIGATOR, password_hash="$argon2id$y", disabled=True)
        assert [user.name for user in list_users(conn)] == ["anna", "ugo"]
        assert get_user(conn, "anna") == changed
        assert get_user(conn, "nobody") is None
        with pytest.raises(InputError, match="user nobody: no such user"):
            set_disabled(conn, "nobody", True)


@pytest.mark.parametrize("name", ["", "Anna", "a b", "-a", "a" * 65, "a\nb"])
def test_a_name_that_is_none_is_refused(database: Database, name: str) -> None:
    with database.transaction() as conn, pytest.raises(InputError, match="lower-case letters"):
        create_user(conn, replace(ANNA, name=name))


def test_a_user_never_shows_the_hash() -> None:
    assert "argon2" not in repr(ANNA)


def test_gates_come_back_without_their_cameras_addresses(database: Database) -> None:
    other = Gate(id="gate-0", name="Aurelia", purpose="urban security", legal_basis="Patto 2026")
    with database.transaction() as conn:
        save_gates(conn, [GATE, other])
        save_gates(conn, [replace(GATE, name="Porta Vecchia")])
        stored = list_gates(conn)
        row = conn.execute("SELECT gates::text AS text FROM gates WHERE id = 'gate-1'").fetchone()
    without = tuple(replace(camera, url="") for camera in GATE.cameras)
    assert stored == [
        replace(other, organisation=MANAGER),
        replace(GATE, name="Porta Vecchia", cameras=without, organisation=MANAGER),
    ]
    assert row is not None
    assert "secret" not in row["text"]


def test_a_picture_is_recorded_once_even_before_its_transit(database: Database) -> None:
    transit, _ = with_images(make_transit(1), {ImageRole.CONTEXT: b"jpeg"})
    header = image_header(transit=transit, role=ImageRole.CONTEXT, data=b"jpeg")
    other = image_header(transit=transit, role=ImageRole.CONTEXT, data=b"another")
    with database.transaction() as conn:
        assert record_image(conn, other, 7) is True, "it may be the one that the transit will name"
        assert stored_roles(conn, transit) == set()
        assert record_image(conn, header, 4) is True
        assert record_image(conn, header, 4) is False
        assert stored_roles(conn, transit) == {ImageRole.CONTEXT}
        assert stored_roles(conn, make_transit(1)) == set()


def test_refused_messages_are_kept_once_with_their_place_and_reason(database: Database) -> None:
    huge = replace(LETTER, offset=13, reason=PoisonReason.TOO_LARGE, size=200_000, value=b"x" * 200_000, detail="a\0b")
    with database.transaction() as conn:
        assert record_dead_letters(conn, [LETTER, huge]) == [LETTER, huge]
        assert record_dead_letters(conn, [LETTER]) == [LETTER], "it is stored, and was before"
        cut, whole = list_dead_letters(conn)
        assert whole == LETTER
        assert (len(cut.value), cut.size, cut.detail) == (MAX_VALUE_BYTES, 200_000, "a\ufffdb")
        assert count_dead_letters(conn) == {PoisonReason.NOT_JSON: 1, PoisonReason.TOO_LARGE: 1}
        assert len(list_dead_letters(conn, limit=1)) == 1
        assert delete_dead_letters(conn, START + timedelta(seconds=1)) == 2
