# SPDX-License-Identifier: AGPL-3.0-or-later
"""Denial-of-service test: one reader floods the broker with hostile messages while others go on working."""
