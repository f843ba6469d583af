"""Benchmarks of the reader: accuracy against peers, and speed."""
