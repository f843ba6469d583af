# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transports: how files reach a destination and its receipts come back. `open_transport` is all that others need.

Each transport is a module named after its kind with a function `open_target`; the list of kinds is
`anpr/settings/forwarding/targets.py`. CONTRIBUTING.md has the recipe for another one.
"""

from anpr.forward.transport.base import ManyFiles, Receipt, Transport
from anpr.forward.transport.open import open_transport

__all__ = ["ManyFiles", "Receipt", "Transport", "open_transport"]
