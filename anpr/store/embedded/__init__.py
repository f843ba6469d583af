# SPDX-License-Identifier: AGPL-3.0-or-later
"""Embedded PostgreSQL: a server of our own for one machine, started on demand and stopped after its last user."""
