"""Reads over frames become one transit per vehicle: follow the plate, vote, decide once."""

from anpr.edge.made_transit import MadeTransit
from anpr.reader.assemble.assembler import Assembler, Consult
from anpr.reader.assemble.make import Origin

__all__ = ["Assembler", "Consult", "MadeTransit", "Origin"]
