# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patrols in the database: devices that are pushed to, areas, answers from the street, and last positions."""
