# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handovers of shifts: what a shift leaves, who signed, and the canonical text that was signed."""
