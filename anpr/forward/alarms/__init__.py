# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms told to the owners of their lists, with their outcome later; a ledger row for each message."""
