# SPDX-License-Identifier: AGPL-3.0-or-later
"""Organisations, what they own, and the agreements between them."""
