# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmarks: accuracy and speed of the reader, throughput and latency of the centre."""
