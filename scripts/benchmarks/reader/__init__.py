# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmarks of the reader: accuracy against peers, and speed."""
