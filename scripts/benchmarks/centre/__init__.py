# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmarks of the centre: ingest, alarms, search, images, forwarding."""
