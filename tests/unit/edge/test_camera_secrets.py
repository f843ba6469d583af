# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logins of planned cameras: from the settings or a file, percent-encoded, and read anew from the file."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from anpr.capture.login import address_with_login
from anpr.domain.errors import CameraError, CameraFault
from anpr.edge.camera_secrets import with_login
from anpr.settings import Settings, load_settings
from anpr.settings.planned import PlannedCamera


def camera(**fields: Any) -> PlannedCamera:
    return PlannedCamera.model_validate({"id": "cam-1", "url": "rtsp://10.0.0.5/live", "secret": "tosco", **fields})


def test_a_camera_without_a_secret_has_no_login(tmp_path: Path) -> None:
    found = with_login(camera(secret=None), Settings(data_dir=tmp_path))
    assert address_with_login(found) == "rtsp://10.0.0.5/live"


def test_a_login_of_the_settings_is_encoded_and_never_shown() -> None:
    settings = Settings.model_validate({"reader": {"secrets": {"tosco": "anna:se:gre#to@1\nhost: 10.0.0.5"}}})
    found = with_login(camera(), settings)
    assert address_with_login(found) == "rtsp://anna:se%3Agre%23to%401@10.0.0.5/live"
    assert "gre" not in repr(found)
    assert "gre" not in repr(settings)


def test_the_environment_gives_a_login() -> None:
    settings = load_settings(
        None, {"ANPR_READER__SECRETS__TOSCO": "anna:segreto\nhost: 10.0.0.5:554\nhost: 10.0.0.5"}
    ).settings
    assert address_with_login(with_login(camera(), settings)) == "rtsp://anna:segreto@10.0.0.5/live"


def test_a_file_is_read_at_each_connection(tmp_path: Path) -> None:
    settings = Settings.model_validate({"reader": {"secrets_dir": str(tmp_path)}})
    (tmp_path / "tosco").write_text("anna:segreto\nhost: 10.0.0.5\n")
    found = with_login(camera(), settings)
    assert address_with_login(found) == "rtsp://anna:segreto@10.0.0.5/live"
    (tmp_path / "tosco").write_text("bruno\nhost: 10.0.0.5")
    assert address_with_login(found) == "rtsp://bruno@10.0.0.5/live"


def test_a_missing_secret_keeps_its_camera_away_and_is_named_with_its_file(tmp_path: Path) -> None:
    found = with_login(camera(), Settings(data_dir=tmp_path))
    with pytest.raises(
        CameraError, match=r"camera cam-1: .*: tosco is neither in reader.secrets nor in a file"
    ) as told:
        address_with_login(found)
    assert told.value.fault is CameraFault.NO_SECRET


ELSEWHERE = (
    "rtsp://attacker.example/live",
    "rtsp://10.0.0.50/live",
    "rtsp://10.0.0.5:8554/live",
    "rtsp://10.0.0.5.attacker.example/live",
    "rtsp://10.0.0.5,attacker.example/live",
    "http://attacker.example/?10.0.0.5:554",
    "rtsp://attacker.example\\@10.0.0.5:554/live",
)


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("kept", ["settings", "file"])
def test_a_login_goes_to_no_host_that_is_not_named_beside_it(tmp_path: Path, url: str, kept: str) -> None:
    text = "anna:segreto\nhost: 10.0.0.5:554\n"
    reader: dict[str, Any] = {"secrets_dir": str(tmp_path)}
    if kept == "settings":
        reader["secrets"] = {"tosco": text}
    else:
        (tmp_path / "tosco").write_text(text)
    moved = camera().model_copy(update={"url": SecretStr(url)})
    found = with_login(moved, Settings.model_validate({"reader": reader}))
    with pytest.raises(CameraError) as told:
        address_with_login(found)
    assert told.value.fault is CameraFault.NO_SECRET
    assert "segreto" not in str(told.value)
    assert "anna" not in str(told.value)


def test_a_login_that_names_no_host_goes_nowhere_and_the_line_to_add_is_told(tmp_path: Path) -> None:
    (tmp_path / "tosco").write_text("anna:segreto\n")
    found = with_login(camera(), Settings.model_validate({"reader": {"secrets_dir": str(tmp_path)}}))
    with pytest.raises(CameraError, match=r"names no host; .* `host: 10\.0\.0\.5`"):
        address_with_login(found)
