# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding: sends transits to other centres as their profiles say, with a ledger row for each transit."""
