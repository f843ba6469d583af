"""National plate formats, and the re-ranking of recogniser candidates by them."""
