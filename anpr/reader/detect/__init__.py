# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where plates are in an image."""

from anpr.reader.detect.build import build_detector
from anpr.reader.detect.detector import Detection, Detector

__all__ = ["Detection", "Detector", "build_detector"]
