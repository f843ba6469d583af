# SPDX-License-Identifier: AGPL-3.0-or-later
"""CloudEvents 1.0 in structured JSON: what webhooks and MQTT topics get."""

import json
from datetime import UTC

from anpr.notify.channels.base import Message

CONTENT_TYPE = "application/cloudevents+json"


def cloud_event(message: Message, source: str) -> bytes:
    """The event, UTF-8. `source` and the message's id name it for good."""
    event = {
        "specversion": "1.0",
        "id": message.id,
        "source": source,
        "type": message.type,
        "time": message.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {**message.data, "text": message.text, **({"link": message.link} if message.link else {})},
    }
    if "alarm" in message.data:
        event["subject"] = f"alarm/{message.data['alarm']}"
    if "proposal" in message.data:
        event["subject"] = f"proposal/{message.data['proposal']}"
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
