# SPDX-License-Identifier: AGPL-3.0-or-later
"""View message: there and back, and what is refused."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from anpr.contract.topics import MAX_VIEW_BYTES
from anpr.contract.view import decode_view, encode_view
from anpr.domain.camera_view import CameraFigures, CameraView, SeenBox
from anpr.domain.errors import MessageError, PoisonReason
from scripts.lab.transits import START

JPEG = cv2.imencode(".jpg", np.full((45, 80, 3), 90, np.uint8))[1].tobytes()
VIEW = CameraView(
    camera_id="cam-1",
    gate_id="gate-1",
    reader_id="reader-1",
    at=START,
    state="up",
    figures=CameraFigures(width=1920, height=1080, rate=12.5, widest_px=120.5, has_plates=True),
    regions=(((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)),),
    boxes=(SeenBox(x=0.1, y=0.2, w=0.3, h=0.1, width_px=120.5, confidence=None),),
    image=JPEG,
)


@pytest.mark.parametrize("view", [VIEW, replace(VIEW, figures=None, boxes=(), image=b"", state=None)])
def test_a_view_comes_back_as_it_was(view: CameraView) -> None:
    assert decode_view(encode_view(view)) == view


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", PoisonReason.NOT_JSON),
        (b"[]", PoisonReason.WRONG_SHAPE),
        (b" " * (MAX_VIEW_BYTES + 1), PoisonReason.TOO_LARGE),
        (encode_view(replace(VIEW, image=b"<script>")), PoisonReason.WRONG_SHAPE),
        (
            encode_view(replace(VIEW, image=cv2.imencode(".jpg", np.zeros((10, 2000, 3), np.uint8))[1].tobytes())),
            PoisonReason.TOO_LARGE,
        ),
        (encode_view(VIEW).replace(b'"x":0.1', b'"x":1.1'), PoisonReason.WRONG_SHAPE),
    ],
)
def test_what_is_no_view_is_refused_with_its_reason(data: bytes, reason: PoisonReason) -> None:
    with pytest.raises(MessageError) as refused:
        decode_view(data)
    assert refused.value.reason is reason


def test_a_reader_sends_no_view_that_is_too_large() -> None:
    with pytest.raises(MessageError, match="cam-1"):
        encode_view(replace(VIEW, image=bytes(MAX_VIEW_BYTES)))
