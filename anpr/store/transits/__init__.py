"""Transits: bulk insert, queries, and the audited search."""
