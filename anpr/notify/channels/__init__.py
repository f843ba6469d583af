# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channels: how a message leaves the machine, one module a kind."""
