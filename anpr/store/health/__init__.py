# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the centre knows of cameras, readers and their clocks over time."""
