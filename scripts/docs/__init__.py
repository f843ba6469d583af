"""Generators of documentation: references made from code, tables, screenshots."""
