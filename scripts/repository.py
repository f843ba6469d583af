# SPDX-License-Identifier: AGPL-3.0-or-later
"""Paths of the checkout that the scripts read and write."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
"""The root of the checkout."""
DOCS = REPOSITORY / "docs"
MODELS = REPOSITORY / "models"
"""Weights and their cards."""
