# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chaos testing: faults injected into the whole system, and the verification that nothing was lost."""
