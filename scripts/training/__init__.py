# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training: recipes, data preparation and export of the networks' weights."""
