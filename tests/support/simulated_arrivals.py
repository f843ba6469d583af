# SPDX-License-Identifier: AGPL-3.0-or-later
"""Arrivals that fill the page of a simulated office: many, with long names, pictures, faults, files that are none."""

import io
from datetime import UTC, date, datetime

from PIL import Image

from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.profile.layout import lay_out
from anpr.forward.profile.sources import Context
from anpr.simulator.behaviour import Behaviour
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.transfer import Transfer
from scripts.lab.transits import make_transit

LONG = "Varco di via dei Martiri della Libertà, angolo via della Repubblica, corsia riservata in uscita"


def drawn_jpeg(width: int = 120, height: int = 30) -> bytes:
    """A small picture that browsers show."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(out, "JPEG")
    return out.getvalue()


def file_of(centre: SimulatedCentre, transits: list[Transit], protocol: str = "https") -> bytes:
    """The bytes that the office's profile makes of these transits."""
    gate = Gate(id="gate-1", name=LONG, purpose="prova", legal_basis="prova", cameras=())
    context = Context(
        destination="simulatore", municipality="Comune di Esempio", day=date(2026, 11, 21), number=1,
        created_at=datetime(2026, 11, 22, tzinfo=UTC), gates={"gate-1": gate},
        images={(each.id, ImageRole.PLATE): drawn_jpeg() for each in transits},
    )  # fmt: skip
    return lay_out(centre.office.profiles[protocol], transits, context).files[-1].data


def fill(centre: SimulatedCentre, files: int = 30) -> None:
    """So many files with three transits each, and one of each odd kind."""
    office = centre.office
    rules = Behaviour.model_validate({"rules": [{"plate": "*1A*", "code": "E3", "text": "targa fuori convenzione"}]})
    for number in range(files):
        data = file_of(centre, [make_transit(3 * number + each) for each in range(3)])
        name = f"TRANSITI_destinazione-con-un-nome-molto-lungo-della-provincia_20261121_{number:05d}.xml"
        office.receive(Transfer(protocol="https", name=name, sender="Comune di Esempio", data=data), rules)
    odd = Behaviour(receipts="contradictory", delay_s=10, cut="after", clock_offset_s=-3600)
    data = file_of(centre, [make_transit(1)])
    office.receive(Transfer(protocol="https", name="doppio.xml", sender="Comune di Esempio", data=data), odd)
    office.receive(Transfer(protocol="https", name="doppio.xml", sender="Comune di Esempio", data=data), Behaviour())
    office.lose("sftp", "perduto.xml", "comune", 1_234_567, Behaviour(disk_full=True))
    office.receive(Transfer(protocol="mail", name="rotto.xml", sender="a@example.it", data=b"<a"), Behaviour())
    jpeg = drawn_jpeg(640, 360)
    office.receive(Transfer(protocol="https", name="contesto.jpg", sender="Comune", data=jpeg), Behaviour())
