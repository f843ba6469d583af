# SPDX-License-Identifier: AGPL-3.0-or-later
"""Identifiers of gates, cameras, readers and lists, which become parts of topics, folders and metrics."""

IDENTIFIER_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
IDENTIFIER_RULE = "lower-case letters, digits, dots, dashes and underscores, a letter or digit first, at most 64"
