# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real `anpr reader` whose models are replaced by ones that know what is in the picture: to be run, and killed.

    python -m tests.acceptance.scripted_reader reader …

Prints the id of each transit after the outbox accepted it.
"""

import os
from collections.abc import Mapping
from unittest.mock import patch

from anpr.cli import main
from anpr.domain.transit import ImageRole, Transit
from anpr.transport.outbox import Outbox
from tests.support.traffic import ScriptedLooker


class TellingOutbox(Outbox):
    """Says what it accepted, in one write: whoever kills us reads whole lines."""

    def put_transit(self, transit: Transit, images: Mapping[ImageRole, bytes]) -> None:
        super().put_transit(transit, images)
        os.write(1, f"{transit.id}\n".encode())


if __name__ == "__main__":
    models = patch("anpr.reader.run.build_plate_reader", lambda _: ScriptedLooker())
    with models, patch("anpr.edge.publishing.Outbox", TellingOutbox):
        main()
