# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzz test of `anpr read` with broken and odd images, by a seed."""
