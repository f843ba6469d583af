# SPDX-License-Identifier: AGPL-3.0-or-later
"""What maps show, as values: gates with their state, and the way of a vehicle past them."""
