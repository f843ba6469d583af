# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verification: what was sent against what arrived, was counted, and was forwarded."""
