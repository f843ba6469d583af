# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks of the repository itself that no tool at hand makes; `scripts/check` runs each."""
