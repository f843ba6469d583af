"""Recogniser training: from labelled crops and drawn plates to weights."""
