# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accuracy studies of single steps of the reader."""
