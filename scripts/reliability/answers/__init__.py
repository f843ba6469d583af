# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzz test of what destinations answer: replies, receipts, and the HTTP that carries them, by a seed."""
