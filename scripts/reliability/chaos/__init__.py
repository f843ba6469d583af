"""Chaos testing: faults injected into the whole system, and the verification that nothing was lost."""
