# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transits: bulk insert, queries, and the audited search."""
