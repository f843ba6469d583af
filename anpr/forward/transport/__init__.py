"""How files reach a destination. `open_transport` is all that others need."""

from anpr.forward.transport.open import Transport, open_transport
from anpr.forward.transport.target import Target, parse_target

__all__ = ["Target", "Transport", "open_transport", "parse_target"]
