# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contact page `foglio-conteggio.html`: the stills of every motion event, without what the reader read in them."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from anpr.accept.count.words import NO_VEHICLE, NOT_LEGIBLE
from anpr.accept.folder.files import write_private
from anpr.accept.folder.records import MotionEvent, Still
from anpr.accept.folder.workspace import Workspace

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True, slots=True)
class _Picture:
    path: str
    time: str


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    day: str
    time: str
    pictures: tuple[_Picture, ...]


def write_contact_page(workspace: Workspace) -> None:
    """Write the page anew, over all sessions. Raises InputError."""

    def pictures(stills: tuple[Still, ...]) -> tuple[_Picture, ...]:
        return tuple(
            _Picture(still.image, f"{still.at.astimezone(workspace.zone):%H:%M:%S.%f}"[:-5]) for still in stills
        )

    sessions = workspace.sessions()
    rows = [
        _Row(
            event.label,
            f"{event.peak.astimezone(workspace.zone):%Y-%m-%d}",
            f"{event.peak.astimezone(workspace.zone):%H:%M:%S}",
            pictures(event.stills),
        )
        for session in sessions
        for event in session.read(MotionEvent)
    ]
    even = pictures(tuple(still for session in sessions for still in session.read(Still)))
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("contact.html").render(
        site=workspace.site,
        rows=rows,
        even=even,
        not_legible=NOT_LEGIBLE,
        no_vehicle=NO_VEHICLE,
        style=(_TEMPLATES / "contact.css").read_text(encoding="utf-8"),
    )
    write_private(workspace.contact_path, page.encode("utf-8"))
