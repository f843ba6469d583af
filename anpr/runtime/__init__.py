# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every process needs to run: clock, backoff, background threads, metrics, health endpoints."""
