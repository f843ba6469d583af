"""A town that does not exist: drawn streets, cameras that show them, and everything running on one machine."""
