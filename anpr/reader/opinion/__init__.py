"""A second reader, of another architecture and other training data, asked where the first is in doubt."""
