"""Accuracy studies of single steps of the reader."""
