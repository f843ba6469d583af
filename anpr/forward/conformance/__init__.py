# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conformance run: drawn records with known answers, sent to a destination, and the signed report."""
