# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications in the database: recipients, rules, the ledger, escalations, and how the channels do."""
