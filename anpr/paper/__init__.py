# SPDX-License-Identifier: AGPL-3.0-or-later
"""Printed documents: a model of blocks, and its layout as HTML and as PDF."""
