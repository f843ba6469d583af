# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transport from the edge to the centre: the outbox on disk, and two ways out of it, Kafka and direct."""
