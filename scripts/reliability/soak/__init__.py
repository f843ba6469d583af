# SPDX-License-Identifier: AGPL-3.0-or-later
"""Soak test: one reader runs for long on looped clips."""
