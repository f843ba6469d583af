"""Ingest: stores messages from the edge, matches watchlists, raises alarms, keeps images."""
