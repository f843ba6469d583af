# SPDX-License-Identifier: AGPL-3.0-or-later
"""Demo: drawn street scenes, RTSP cameras that show them, and clips with ground truth."""
