# SPDX-License-Identifier: AGPL-3.0-or-later
"""Renderer: a street with vehicles as a gate's camera sees it."""
