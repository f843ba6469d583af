# SPDX-License-Identifier: AGPL-3.0-or-later
"""The reader: from a camera's frames to transits, at the edge. Knows no database."""
