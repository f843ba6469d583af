# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hostile files and answers for lists that a centre hands out."""
