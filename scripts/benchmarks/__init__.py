"""Benchmarks: accuracy and speed of the reader, throughput and latency of the centre."""
