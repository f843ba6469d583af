"""One reader, run for long, on clips that start again and again."""
