# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures and thumbnails: who gets them, what is recorded, and what is shown when there is none."""

import io

import numpy as np
import pytest
from PIL import Image

from anpr.contract.jpeg import jpeg_size
from anpr.contract.parsing import sha256_of
from anpr.domain.access import Role
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.store.database.partitions import drop_partitions, utc_day
from anpr.store.images.image_store import image_key, named_key
from tests.support.fixtures_console import WANTED, Site


def large_image() -> bytes:
    """A photograph's worth of detail: 2560 x 1440 px."""
    noise = np.random.default_rng(7).integers(0, 255, (90, 160, 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(noise).resize((2560, 1440)).save(data, "JPEG", quality=90)
    return data.getvalue()


def passes(site: Site, data: bytes) -> Transit:
    """A vehicle whose context picture this is."""
    ref = ImageRef(role=ImageRole.CONTEXT, sha256=sha256_of(data), size=len(data))
    transit = site.pass_vehicle(WANTED, with_pictures=False, images=(ref,))
    site.deliver_pictures(transit, {ImageRole.CONTEXT: data})
    return transit


def lose(site: Site, transit: Transit, role: ImageRole = ImageRole.CONTEXT) -> None:
    """The file is gone."""
    site.images.shelf.remove(named_key(transit, role))


def test_lists_ask_for_thumbnails_and_the_transit_for_the_whole_picture(site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    client = site.client(Role.INVESTIGATOR)
    found = site.search(client, plate=WANTED, reason="furto in via Roma").text
    for page in (client.get("/alarms?view=cards").text, client.get("/transits").text, found):
        for role in ("context", "plate"):
            assert f'src="/transits/{transit.id}/thumbnails/{role}"' in page
        assert f"/transits/{transit.id}/images/" not in page
        assert page.count("<img ") - 1 == page.count('loading="lazy"'), "all but the site's sign"
    assert f"/transits/{transit.id}/images/context" in client.get(f"/transits/{transit.id}").text


def test_a_thumbnail_is_small_and_kept_by_the_browser_of_this_session_for_a_while(site: Site) -> None:
    data = large_image()
    transit = passes(site, data)
    client = site.client(Role.OPERATOR)
    answer = client.get(f"/transits/{transit.id}/thumbnails/context")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=900"
    assert answer.headers["vary"] == "Cookie", "whoever logs in next in this browser asks anew"
    assert jpeg_size(answer.content) == (480, 270)
    assert len(answer.content) * 10 < len(data)
    assert client.get(f"/transits/{transit.id}/images/context").content == data


def test_the_second_time_it_is_not_made_again(site: Site) -> None:
    transit = passes(site, large_image())
    client = site.client(Role.OPERATOR)
    first = client.get(f"/transits/{transit.id}/thumbnails/context").content
    lose(site, transit)
    assert client.get(f"/transits/{transit.id}/thumbnails/context").content == first


def test_it_needs_the_permission_of_the_whole_picture(site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    path = f"/transits/{transit.id}/thumbnails/context"
    assert site.client(Role.OPERATOR).get(path).status_code == 200
    assert site.client(Role.ADMINISTRATOR).get(path).status_code == 403, "also what others made already"
    assert site.audit()[0].event.detail == {"path": path, "permission": "view-transits"}
    assert site.stranger().get(path).status_code == 303
    assert site.client(Role.OPERATOR).get(f"/transits/{transit.id}/thumbnails/video").status_code == 404


def test_what_retention_dropped_is_shown_no_more(site: Site) -> None:
    transit = passes(site, large_image())
    client = site.client(Role.OPERATOR)
    path = f"/transits/{transit.id}/thumbnails/context"
    assert client.get(path).status_code == 200
    drop_partitions(site.database, utc_day(transit.captured_at).replace(year=9000))
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("size", ["images", "thumbnails"])
def test_not_arrived_yet_is_not_the_same_as_lost(site: Site, size: str, caplog: pytest.LogCaptureFixture) -> None:
    waiting = site.pass_vehicle("AA111AA", with_pictures=False)
    lost = site.pass_vehicle("BB222BB")
    lose(site, lost)
    client = site.client(Role.OPERATOR)
    assert client.get(f"/transits/{waiting.id}/{size}/context").status_code == 404
    answer = client.get(f"/transits/{lost.id}/{size}/context")
    assert answer.status_code == 410
    assert "Immagine perduta" in answer.text
    assert client.get(f"/transits/{lost.id}/{size}/plate").status_code == 200, "the other one is there"
    (line,) = [record.getMessage() for record in caplog.records if "is gone" in record.getMessage()]
    assert str(lost.id) in line
    assert "BB222BB" not in line


def test_a_damaged_one_is_sent_as_it_is_and_noted(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    damaged = large_image()[:2000]
    transit = passes(site, damaged)
    answer = site.client(Role.OPERATOR).get(f"/transits/{transit.id}/thumbnails/context")
    assert answer.content == damaged
    assert any(f"no thumbnail of image context of transit {transit.id}" in r.getMessage() for r in caplog.records)


@pytest.mark.parametrize("size", ["images", "thumbnails"])
def test_another_picture_than_the_transit_names_is_shown_to_nobody(
    site: Site, size: str, caplog: pytest.LogCaptureFixture
) -> None:
    transit = site.pass_vehicle("CC333CC")
    lose(site, transit)
    site.images.shelf.put_all({named_key(transit, ImageRole.CONTEXT): large_image()})
    client = site.client(Role.OPERATOR)
    answer = client.get(f"/transits/{transit.id}/{size}/context")
    assert answer.status_code == 409
    assert "Non è l&#39;immagine annunciata" in answer.text
    page = client.get(f"/transits/{transit.id}")
    assert page.status_code == 200
    assert "CC333CC" in page.text
    assert any("is not the one that its transit names" in record.getMessage() for record in caplog.records)


def test_a_picture_stored_before_keys_had_a_digest_is_found(site: Site) -> None:
    transit = site.pass_vehicle("DD444DD")
    data = site.images.shelf.read(named_key(transit, ImageRole.CONTEXT))
    assert data
    lose(site, transit)
    old = image_key(transit.id, transit.captured_at, transit.gate_id, ImageRole.CONTEXT, None)
    site.images.shelf.put_all({old: data})
    assert site.client(Role.OPERATOR).get(f"/transits/{transit.id}/images/context").content == data
