# SPDX-License-Identifier: AGPL-3.0-or-later
"""Test bench of tests and scripts: real servers (Kafka, S3), certificates, ports, managed processes, transits."""
