# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address with login: encoded, its password read anew each time, and never shown."""

from pathlib import Path

import pytest

from anpr.capture.login import address_with_login
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera


def test_without_a_user_the_address_stays() -> None:
    assert address_with_login(Camera(id="c", url="rtsp://u:p@h/x")) == "rtsp://u:p@h/x"


def test_user_and_password_are_percent_encoded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    camera = Camera(id="c", url="rtsp://h:554/x?a=1", user="vi@ewer", secret_file=secret)
    secret.write_bytes(b"\xef\xbb\xbfp#s/s?w:o@r%d \xc3\xa8\r\n")
    assert address_with_login(camera) == "rtsp://vi%40ewer:p%23s%2Fs%3Fw%3Ao%40r%25d%20%C3%A8@h:554/x?a=1"
    secret.write_text("renewed", encoding="utf-8")
    assert address_with_login(camera) == "rtsp://vi%40ewer:renewed@h:554/x?a=1"


def test_a_user_may_have_no_password() -> None:
    assert address_with_login(Camera(id="c", url="rtsp://h/x", user="u")) == "rtsp://u@h/x"


def test_a_password_that_cannot_be_read_is_a_refused_login(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"camera c: refused: secret_file: .*none: No such file") as caught:
        address_with_login(Camera(id="c", url="rtsp://h/x", user="u", secret_file=tmp_path / "none"))
    assert caught.value.fault is CameraFault.REFUSED
