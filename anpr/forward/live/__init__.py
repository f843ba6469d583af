# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live forwarding: what is stored is sent within seconds, on the ledger of the nightly run and under its lock."""

from anpr.forward.live.sender import LiveSender

__all__ = ["LiveSender"]
