# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a plate's four corners lie, and the plate set level by them (homography)."""
