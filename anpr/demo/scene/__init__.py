"""Renderer: a street with vehicles as a gate's camera sees it."""
