"""Quantisation of weights to 8 bits."""
