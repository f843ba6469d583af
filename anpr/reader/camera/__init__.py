# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera over time: regions, motion gate, view quality, and the worker that drives them."""
