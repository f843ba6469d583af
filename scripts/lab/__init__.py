"""Test bench: real servers (Kafka, S3), certificates and ports for tests, benchmarks and reliability runs."""
