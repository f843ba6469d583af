# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reliability runs: chaos, fuzzing, soak."""
