# SPDX-License-Identifier: AGPL-3.0-or-later
"""Topics of the contract, and the limits of size that edge and centre hold each other to."""

TRANSITS_TOPIC = "anpr.transits"
IMAGES_TOPIC = "anpr.images"
HEALTH_TOPIC = "anpr.health"

MAX_TRANSIT_BYTES = 64 * 1024
"""Of a transit or a health report as JSON."""
MAX_IMAGE_BYTES = 4 * 1024 * 1024
MAX_IMAGE_PIXELS = 64_000_000
"""Twice a camera of 8K. A header may claim 4 billion, for which whoever decodes it would ask for 13 GB of memory."""
