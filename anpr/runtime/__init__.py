"""What every process needs to run: clock, backoff, background threads, metrics, health endpoints."""
