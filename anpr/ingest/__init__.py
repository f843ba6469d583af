# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ingest: stores messages from the edge, matches watchlists, raises alarms, keeps images."""
