"""Vehicles that pass, thought up or drawn, and what the reader makes of them."""
