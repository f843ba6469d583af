"""What every process needs to run: clock, background threads, metrics, health endpoints."""
