"""Benchmarks of the centre: ingest, alarms, search, images, forwarding."""
