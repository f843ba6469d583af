# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding ledger: one delivery per transit and destination, and the runs that sent them."""
