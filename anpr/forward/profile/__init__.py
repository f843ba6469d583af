# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding profiles: the schema of their YAML, the loader, and the pure layout of files from transits."""
