"""From the edge to the centre: the outbox on disk, and the two ways out of it, Kafka and direct."""
