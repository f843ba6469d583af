# SPDX-License-Identifier: AGPL-3.0-or-later
"""Simulator of the receiving office: real servers on this machine that take what is forwarded and answer as told."""
