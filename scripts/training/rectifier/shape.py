# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sizes that the network, its training images and its card agree on."""

WIDTH, HEIGHT = 160, 112
"""Of the network's input, px."""
PAD_VALUE = 114
"""Grey beyond the image's edge."""
STRIDE = 4
"""Input px a cell of the corner maps."""
OUTPUTS = 14
"""x, y of four corners; the spread of each, px; plate; two lines."""
STORE = (240, 168)
"""Width, height of a kept training image, px: one and a half views, so that a view may turn and move in it."""
