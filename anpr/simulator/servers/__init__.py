# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers of the simulated office, one module a protocol. Each is a context manager and runs in threads of its own."""
