# SPDX-License-Identifier: AGPL-3.0-or-later
"""Panel: a flat thing to lay into a scene, a plate or a board that is none."""

from dataclasses import dataclass

from anpr.capture.image_file import Image


@dataclass(frozen=True, kw_only=True)
class Panel:
    """An image to lay into a scene, and the part of it (x1, y1, x2, y2 px) that is the plate."""

    image: Image
    part: tuple[int, int, int, int]
    lines: int
