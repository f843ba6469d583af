"""Transit images: their rows, their files, and the checks that hold both together."""
