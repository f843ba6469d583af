# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding under faults: what the ledger says against what the receiving office holds."""
