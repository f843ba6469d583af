# SPDX-License-Identifier: AGPL-3.0-or-later
"""Detector training: from boxes and composed scenes to weights."""
