# SPDX-License-Identifier: AGPL-3.0-or-later
"""Generators of documentation: references made from code, tables, screenshots."""
