# SPDX-License-Identifier: AGPL-3.0-or-later
"""Multi-frame assembly: reads over frames become one transit per vehicle (tracking, voting, deciding once)."""

from anpr.edge.made_transit import MadeTransit
from anpr.reader.assemble.assembler import Assembler, Verifier
from anpr.reader.assemble.make import Origin

__all__ = ["Assembler", "MadeTransit", "Origin", "Verifier"]
