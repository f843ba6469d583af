# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images beyond a profile's limits, through a whole run: made to fit, left out, or the reason for a rejection."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from anpr.contract.parsing import sha256_of
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.runs import run_day
from anpr.store.database.connection import Database
from scripts.lab.transits import with_images
from tests.support.forwarding import DAY, Site, transits

RULE: dict[str, Any] = {
    "role": "context",
    "how": "file",
    "file_name": "{transit_id}.jpg",
    "max_bytes": 20_000,
    "max_width_px": 320,
    "too_large": "recompress",
}
FIELDS = [
    {"name": "id", "source": "transit.id", "required": True},
    {"name": "file", "source": "image.context.name"},
    {"name": "sent", "source": "image.context.sha256"},
    {"name": "original", "source": "image.context.original_sha256"},
]


def scene(seed: int) -> bytes:
    noise = Image.frombytes("RGB", (80, 45), random.Random(seed).randbytes(80 * 45 * 3))
    file = io.BytesIO()
    noise.resize((640, 360), Image.Resampling.BICUBIC).save(file, "JPEG", quality=92)
    return file.getvalue()


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    found = Site(database, tmp_path)
    found.profile = {"fields": FIELDS, "images": [RULE], "encoding": {"kind": "json"}}
    return found


def stored(site: Site, *images: bytes) -> list[Transit]:
    """A transit for each image, both stored."""
    made = [
        with_images(each, {ImageRole.CONTEXT: data})[0]
        for each, data in zip(transits(len(images)), images, strict=True)
    ]
    site.store(made)
    for each, data in zip(made, images, strict=True):
        site.store_picture(each, ImageRole.CONTEXT, data)
    return made


def records(site: Site) -> list[dict[str, str]]:
    (file,) = sorted(site.arrived.glob("T_*"))
    found: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))["records"]
    return found


def test_what_is_too_large_is_made_to_fit_and_its_record_has_both_digests(site: Site) -> None:
    large, damaged = scene(1), scene(2)[:-4000]
    first, second = stored(site, large, damaged)
    report = run_day(site.job(), DAY)
    assert site.states() == {"sent": 2}, report
    arrived = (site.arrived / f"{first.id}.jpg").read_bytes()
    assert len(arrived) <= 20_000
    assert Image.open(io.BytesIO(arrived)).size == (320, 180)
    assert records(site) == [
        {"id": str(first.id), "file": f"{first.id}.jpg", "sent": sha256_of(arrived), "original": sha256_of(large)},
        {"id": str(second.id), "file": "", "sent": "", "original": ""},
    ]
    assert not (site.arrived / f"{second.id}.jpg").exists()


def test_one_that_is_required_and_damaged_rejects_its_transit_alone(site: Site) -> None:
    site.profile["images"] = [{**RULE, "required": True}]
    stored(site, scene(4), scene(5)[:-4000])
    run_day(site.job(), DAY)
    assert site.states() == {"sent": 1, "rejected": 1}
    assert [row["reason"] for row in site.ledger_rows()] == [None, "context picture: damaged"]
