# SPDX-License-Identifier: AGPL-3.0-or-later
"""The count by hand: its sheet, the page of images that helps with it, and its reading."""
