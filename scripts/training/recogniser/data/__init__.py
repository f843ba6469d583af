# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training data: real crops, street plates, drawn plates, and the views made of them."""
