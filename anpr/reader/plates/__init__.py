# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plates in one image: find, crop, read, threshold, second opinion."""
