# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recording: a camera or its recordings become sessions with transits, motion events and stills."""
