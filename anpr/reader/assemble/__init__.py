"""Reads over frames become one transit per vehicle: follow the plate, vote, decide once."""

from anpr.reader.assemble.assembler import Assembler, Consult
from anpr.reader.assemble.make import Origin
from anpr.reader.assemble.passing import Pass

__all__ = ["Assembler", "Consult", "Origin", "Pass"]
