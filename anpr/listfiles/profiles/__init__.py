# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profiles of list files: where a file holds what an entry needs, and what it says of itself."""
