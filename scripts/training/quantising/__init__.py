# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quantisation of weights to 8 bits."""
