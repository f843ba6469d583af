# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evaluation: scores of a reader on images whose plates are known."""

from anpr.reader.evaluate.folders import SPLITS, load_images
from anpr.reader.evaluate.score import Group, Outcome, Scores, score
from anpr.reader.evaluate.truth import LabelledImage, TruePlate, load_truth

__all__ = ["SPLITS", "Group", "LabelledImage", "Outcome", "Scores", "TruePlate", "load_images", "load_truth", "score"]
