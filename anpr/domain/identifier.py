# SPDX-License-Identifier: AGPL-3.0-or-later
"""Identifiers of gates, cameras, readers and lists, which become parts of topics, folders and metrics."""

IDENTIFIER_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
"""Lower case, digits, dot, dash, underscore; at most 64 characters."""
