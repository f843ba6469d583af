# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures and helpers of the tests."""
