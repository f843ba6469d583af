"""Checks of the repository itself that no tool at hand makes; `scripts/check` runs each."""
