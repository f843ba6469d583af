"""Getting frames out of streams, files and folders."""
