# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding as several pages show it: how destinations stand, their profiles, and a transit's way."""
