"""How well a reader reads pictures whose plates are known."""

from anpr.reader.evaluate.score import Group, Outcome, Scores, score
from anpr.reader.evaluate.truth import Picture, TruePlate, load_truth

__all__ = ["Group", "Outcome", "Picture", "Scores", "TruePlate", "load_truth", "score"]
