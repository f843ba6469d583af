# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Content-Security-Policy: nothing from elsewhere, except images of one tile server that the site names."""

from anpr.console.headers import content_policy


def test_images_come_from_here_only() -> None:
    assert "img-src 'self'" in content_policy().split("; ")


def test_a_tile_server_is_allowed_for_images_and_for_nothing_else() -> None:
    usual = content_policy().split("; ")
    changed = [part for part in content_policy(image_origin="https://tiles.example").split("; ") if part not in usual]
    assert changed == ["img-src 'self' https://tiles.example"]
