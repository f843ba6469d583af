"""Detector training: from boxes and composed scenes to weights."""
