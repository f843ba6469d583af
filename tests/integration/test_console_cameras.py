# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of one camera: figures with advice, a request to the reader, a recent image, and who may see them."""

import json
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from anpr.domain.access import Role
from anpr.domain.camera_view import CameraFigures, CameraView, SeenBox
from anpr.store.audit import AuditAction
from anpr.store.camera_views import forget_views, record_views, take_requests
from anpr.store.database.scope import Scope
from tests.integration.test_console_gates import make_gates, report, shown
from tests.support.fixtures_console import PASSWORD, Site
from tests.support.organisations import share

PATH = "/gates/varco-1/cameras/cam-1"
JPEG = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))[1].tobytes()


def send(site: Site, *, image: bytes = JPEG, figures: CameraFigures | None = None, **changes: Any) -> None:
    """What a reader tells comes to the centre now."""
    good: dict[str, Any] = {
        "width": 1920,
        "height": 1080,
        "rate": 12.5,
        "has_plates": True,
        "bright": 160.0,
        "sharpness": 0.5,
    }
    values: dict[str, Any] = {"camera_id": "cam-1", "gate_id": "varco-1", "reader_id": "reader-1", "state": "up"}
    values |= {"at": site.clock.now(), "figures": figures or CameraFigures(**good), **changes}
    box = SeenBox(x=0.4, y=0.5, w=0.1, h=0.05, width_px=120, confidence=0.9)
    with site.database.transaction() as conn:
        record_views(conn, [CameraView(image=image, boxes=(box,), **values)], site.clock.now())


def test_what_is_to_be_changed_is_said_with_its_figure(site: Site) -> None:
    make_gates(site)
    poor = CameraFigures(width=1280, height=720, rate=4.0, widest_px=48, has_plates=True, bright=200, sharpness=0.5)
    send(site, figures=poor)
    page = shown(site.client(Role.OPERATOR), PATH)
    for text in (
        "larghe al massimo 48 px",
        "circa un terzo non si legge",
        "4,0 fotogrammi al secondo",
        "1280 × 720 px",
    ):
        assert text in page
    send(site, at=site.clock.now() + timedelta(seconds=1))
    assert "Niente da cambiare." in shown(site.client(Role.OPERATOR), PATH)


def test_a_request_waits_is_handed_on_once_and_answered(site: Site) -> None:
    make_gates(site)
    client = site.client(Role.ADMINISTRATOR)
    assert "non ha ancora mandato misure" in shown(client, PATH)
    for _ in range(2):
        assert site.post(client, f"{PATH}/ask", PATH).status_code == 303
    assert "In attesa del lettore" in shown(client, PATH)
    assert "HX-Refresh" not in client.get(f"{PATH}/trial").headers
    with site.database.transaction() as conn:
        now = site.clock.now()
        assert [camera for camera, _ in take_requests(conn, now)] == ["cam-1"]
        assert take_requests(conn, now) == []
    send(site)
    assert client.get(f"{PATH}/trial").headers["HX-Refresh"] == "true"
    assert f'src="{PATH}/image"' in client.get(PATH).text
    asked = [row.event for row in site.audit() if row.event.action == AuditAction.VIEW_ASKED]
    assert [(one.actor, one.detail["camera"]) for one in asked] == [("administrator", "cam-1")]


@pytest.mark.parametrize(
    ("is_taken", "text"),
    [(False, "la ricezione (anpr ingest) non è in funzione"), (True, "Il lettore non ha risposto")],
)
def test_a_request_that_nobody_answers_says_who_did_not(site: Site, *, is_taken: bool, text: str) -> None:
    make_gates(site)
    client = site.client(Role.OPERATOR)
    site.post(client, f"{PATH}/ask", PATH)
    if is_taken:
        with site.database.transaction() as conn:
            take_requests(conn, site.clock.now())
    site.clock.ahead += timedelta(seconds=61)
    assert text in shown(client, PATH)
    assert client.get(f"{PATH}/trial").headers["HX-Refresh"] == "true"


def test_a_reader_whose_camera_gives_nothing_says_so(site: Site) -> None:
    make_gates(site)
    client = site.client(Role.OPERATOR)
    site.post(client, f"{PATH}/ask", PATH)
    with site.database.transaction() as conn:
        view = CameraView(
            camera_id="cam-1", gate_id="varco-1", reader_id="r", at=site.clock.now(), state="unreachable", figures=None
        )
        record_views(conn, [view], site.clock.now())
    assert "dalla telecamera non arriva alcuna immagine" in shown(client, PATH)


def test_an_image_is_recorded_once_and_gone_after_ten_minutes(site: Site) -> None:
    make_gates(site)
    send(site)
    client = site.client(Role.OPERATOR)
    for _ in range(2):
        answer = client.get(f"{PATH}/image")
        assert (answer.content, answer.headers["Cache-Control"]) == (JPEG, "no-store")
    assert [row.event.actor for row in site.audit() if row.event.action == AuditAction.VIEW_SHOWN] == ["operator"]
    site.clock.ahead += timedelta(seconds=601)
    assert client.get(f"{PATH}/image").status_code == 404
    assert f"{PATH}/image" not in client.get(PATH).text
    with site.database.transaction() as conn:
        assert forget_views(conn, site.clock.now()) == 1
        left = conn.execute("SELECT image, boxes, figures IS NOT NULL AS has FROM camera_views").fetchone()
    assert left == {"image": None, "boxes": [], "has": True}


def test_the_newest_view_stays_whatever_the_order_and_one_of_a_strange_camera_is_not_kept(site: Site) -> None:
    make_gates(site)
    send(site, state="dark")
    send(site, state="up", at=site.clock.now() - timedelta(minutes=1))
    send(site, camera_id="cam-9")
    report(site, "varco-1", "cam-1", ("up", 1))
    send(site, reader_id="reader-2", state="blurred", at=site.clock.now() + timedelta(seconds=1))
    with site.database.transaction() as conn:
        rows = conn.execute("SELECT camera_id, state FROM camera_views").fetchall()
    assert rows == [{"camera_id": "cam-1", "state": "dark"}]


def test_another_organisation_sees_neither_page_nor_image_and_asks_for_nothing(site: Site, password_hash: str) -> None:
    share(site.database, password_hash)
    make_gates(site)
    send(site)
    client = site.stranger()
    assert site.log_in(client, "operator@empoli", PASSWORD).status_code == 303
    for path in (PATH, f"{PATH}/image", f"{PATH}/trial"):
        assert client.get(path).status_code == 404
    assert site.post(client, f"{PATH}/ask", "/account").status_code == 404
    scope = Scope(organisation_id="empoli", day=site.clock.now().date())
    with site.console.database.limited_to(scope).transaction() as conn:
        assert conn.execute("SELECT FROM camera_views").fetchall() == []


def test_the_drawing_begins_with_what_the_reader_goes_by(site: Site) -> None:
    make_gates(site)
    send(site, regions=(((0.1, 0.2), (0.9, 0.2), (0.5, 0.9)),))
    text = site.client(Role.OPERATOR).get(PATH).text
    given = json.loads(text.partition("data-drawing='")[2].partition("'")[0])
    assert given["regions"] == [[[0.1, 0.2], [0.9, 0.2], [0.5, 0.9]]]
    assert given["boxes"] == [[0.4, 0.5, 0.1, 0.05, True]]
