"""How well a reader reads pictures whose plates are known."""

from anpr.reader.evaluate.folders import SPLITS, load_pictures
from anpr.reader.evaluate.score import Group, Outcome, Scores, score
from anpr.reader.evaluate.truth import Picture, TruePlate, load_truth

__all__ = ["SPLITS", "Group", "Outcome", "Picture", "Scores", "TruePlate", "load_pictures", "load_truth", "score"]
