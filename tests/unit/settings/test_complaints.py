# SPDX-License-Identifier: AGPL-3.0-or-later
"""Validation errors say what to write there, in plain words."""

from pathlib import Path

import pytest

from anpr.domain.errors import SettingsError
from anpr.settings import load_settings

_DESTINATION = "forwarding: [{{id: q, profile: p, target: 'directory:o', protocol: p, protocol_until: {}, at: {}}}]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gates:", "gates: expected a list, each of its entries after a dash (it is empty: fill it in, or leave"),
        ("gates: nord", "gates: expected a list, each of its entries after a dash"),
        ("console:", "console: expected keys and values below it, indented (it is empty: fill it in, or leave"),
        ("console: 8080", "console: expected keys and values below it, indented"),
        ("console: {port: eighty}", "console.port: expected a whole number"),
        ("console: {session_hours: eight}", "console.session_hours: expected a number"),
        ("console: {secure_cookies: si}", "console.secure_cookies: expected true or false"),
        ("time_zone: Europe/Roma", "time_zone: no such time zone: Europe/Roma; did you mean Europe/Rome?"),
        ("municipality: [a]", "municipality: expected a text"),
        (_DESTINATION.format("2099-02-30", "02:30"), "forwarding.0.protocol_until: there is no such day"),
        (_DESTINATION.format("2099-02-28", "24:30"), "forwarding.0.at: there is no such time of day"),
    ],
)
def test_what_to_write_is_said(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert str(caught.value).startswith(f"file {path}: {told}")
