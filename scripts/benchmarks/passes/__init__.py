# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vehicles that pass, thought up or drawn, and what the reader makes of them."""
