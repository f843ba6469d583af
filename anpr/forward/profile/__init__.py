"""Forwarding profile: the schema of its YAML, its loader, and the pure layout of a file from transits."""
