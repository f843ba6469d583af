# SPDX-License-Identifier: AGPL-3.0-or-later
"""The reliability diagram is an image that a browser can show."""

from xml.etree import ElementTree

from scripts.training.recogniser.diagram import diagram
from scripts.training.recogniser.reliability import reliability


def test_each_curve_has_its_dots_and_its_figures() -> None:
    bins = reliability([(0.95, True)] * 9 + [(0.95, False)] + [(0.35, False)] * 4)

    root = ElementTree.fromstring(diagram({"rec val": bins, "drawn": bins[:1]}))

    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert names.count("circle") == 3
    assert names.count("polyline") == 2
    assert any("rec val: 14 reads, calibration error 0.136" in (element.text or "") for element in root.iter())
