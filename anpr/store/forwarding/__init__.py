"""Forwarding ledger: one delivery per transit and destination, and the runs that sent them."""
