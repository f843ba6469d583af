# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registers and documents made from what runs: facts from store and settings, their contents in Italian, and files."""
