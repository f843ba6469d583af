# SPDX-License-Identifier: AGPL-3.0-or-later
"""Judgement: transits matched with counted vehicles, figures with intervals, verdicts against thresholds."""
