# SPDX-License-Identifier: AGPL-3.0-or-later
"""Completeness reports of each morning: made, signed, archived, mailed, and missed when they do not come."""
