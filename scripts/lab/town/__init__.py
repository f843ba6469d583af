# SPDX-License-Identifier: AGPL-3.0-or-later
"""A drawn town with known answers: gates, vehicles with homes and routines, convoys, cloned plates, blind hours."""
