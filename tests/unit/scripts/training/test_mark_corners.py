# SPDX-License-Identifier: AGPL-3.0-or-later
"""Corners as pseudo-labels: those the network is sure of, row by row of the photographs' truth."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.rectify.corners import Corners
from anpr.reader.rectify.look import UNSURE
from scripts.training.mark_corners import mark

_QUAD = np.array([(1, 2), (9, 2), (9, 5), (1, 5)], np.float32)


@dataclass
class _Finder:
    answers: Iterator[Corners | None]
    asked: list[Box] = field(default_factory=list)

    def find(self, image: Image, box: Box) -> Corners | None:
        assert image.shape == (40, 60, 3)
        self.asked.append(box)
        return next(self.answers)


def test_only_corners_the_network_is_sure_of_are_kept(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((40, 60, 3), np.uint8))
    rows = ["file,plate,x,y,w,h"] + [f"a.png,{plate},1,2,8,3" for plate in ("AB123CD", "EF456GH", "KL789MN", "", "OP1")]
    (tmp_path / "truth.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    sure = Corners(quad=_QUAD, spread=6.0, plate=0.9, two_lines=0.0)
    unsure = Corners(quad=_QUAD, spread=UNSURE, plate=0.9, two_lines=0.0)
    none = Corners(quad=_QUAD, spread=6.0, plate=0.1, two_lines=0.0)
    finder = _Finder(iter([sure, unsure, none, None]))

    marked = list(mark(tmp_path, finder))

    assert marked == [("a.png", "AB123CD", 1.0, 2.0, 9.0, 2.0, 9.0, 5.0, 1.0, 5.0)]
    assert finder.asked == [Box(x=1, y=2, w=8, h=3)] * 4
