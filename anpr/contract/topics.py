# SPDX-License-Identifier: AGPL-3.0-or-later
"""Topics of the contract, and the limits of size that edge and centre hold each other to."""

TRANSITS_TOPIC = "anpr.transits"
IMAGES_TOPIC = "anpr.images"
HEALTH_TOPIC = "anpr.health"
VIEWS_TOPIC = "anpr.views"
"""The newest view of each camera, made when somebody asks for it."""
REQUESTS_TOPIC = "anpr.requests"
"""From the centre to readers: cameras of which a view is wanted."""
GATES_TOPIC = "anpr.gates"
"""From the centre to readers: the newest plan of each, which says what gates it runs."""

MAX_TRANSIT_BYTES = 64 * 1024
"""Of a transit or a health report as JSON."""
MAX_VIEW_BYTES = 384 * 1024
"""Of a view as JSON, its image in base64."""
MAX_PLAN_BYTES = 1024 * 1024
"""Of a reader's plan as JSON."""
MAX_VIEW_PX = 1280
"""Either way; a plate that the detector missed is small in it."""
MAX_IMAGE_BYTES = 4 * 1024 * 1024
MAX_IMAGE_PIXELS = 64_000_000
"""Twice a camera of 8K. A header may claim 4 billion, for which whoever decodes it would ask for 13 GB of memory."""
