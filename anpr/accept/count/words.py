# SPDX-License-Identifier: AGPL-3.0-or-later
"""Italian words of the count sheet."""

from anpr.accept.folder.records import Side

COLUMNS = ("data", "ora", "targa", "lato", "veicolo", "luce", "note", "evento")
"""Of `conta.csv`. Only `data`, `ora` and `targa` are needed."""

NOT_LEGIBLE = "?"
"""In `targa`: a vehicle passed whose plate a person cannot read either."""
NO_VEHICLE = "-"
"""In `targa`: something moved and no vehicle passed."""

SIDES = {Side.FRONT: "anteriore", Side.REAR: "posteriore"}
DAY, NIGHT = "giorno", "notte"
