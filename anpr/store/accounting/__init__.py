# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounting of transits: what came, what was kept of it, what never came, and what left before it was queued."""
