"""Test bench of tests and scripts: real servers (Kafka, S3), certificates, ports, managed processes, transits."""
