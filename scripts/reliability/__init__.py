"""Reliability runs: chaos, fuzzing, soak."""
