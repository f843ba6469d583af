"""The words of the system as values: standard library only, frozen, no input or output."""
