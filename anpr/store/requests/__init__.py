# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests of data subjects: their register, and what is stored about the plate that one names."""
