# SPDX-License-Identifier: AGPL-3.0-or-later
"""Capture: frames out of network streams, video files and folders of images."""
