# SPDX-License-Identifier: AGPL-3.0-or-later
"""First moments that are kept, as queries take them: `kept_rest`, `kept_purposes` and their bounds."""

from psycopg.types.json import Jsonb

from anpr.domain.kept_from import KeptFrom


def kept_values(kept: KeptFrom) -> dict[str, object]:
    """Values for a query that compares `coalesce((kept_purposes ->> purpose)::timestamptz, kept_rest)`."""
    purposes = {purpose: moment.isoformat() for purpose, moment in kept.purposes.items()}
    return {"oldest": kept.oldest, "newest": kept.newest, "kept_rest": kept.rest, "kept_purposes": Jsonb(purposes)}
