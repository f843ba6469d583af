# SPDX-License-Identifier: AGPL-3.0-or-later
"""Details of the sheet: each wrong read, missed vehicle and extra transit, with its images."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import cv2
import numpy as np

from anpr.accept.count.vehicle import CountedVehicle
from anpr.accept.folder.records import DroppedTrack, MotionEvent, RecordedTransit
from anpr.accept.folder.workspace import Workspace
from anpr.accept.judge.match import CountedOutcome, Extra, Matching, Result
from anpr.accept.sheet.words import drop_reason, local_time, percent
from anpr.capture.image_file import read_image
from anpr.paper.blocks import Block, Figure, Heading, Paragraph
from anpr.reader.jpeg import encode_jpeg

_MOST = 200
"""Cases shown of each kind: about 50 kB each."""
_WIDTH_PX = 640
_QUALITY = 80


def details(workspace: Workspace, matching: Matching, tolerance_s: float) -> list[Block]:
    """The three lists, each headed by how many there are. Raises InputError when the folder cannot be read."""
    shown = _Shown(workspace, tolerance_s)
    wrong = [one for one in matching.outcomes if one.result is Result.WRONG]
    missed = [one for one in matching.outcomes if one.result is Result.MISSED]
    blocks: list[Block] = []
    for heading, figures in (
        (f"Letture errate ({len(wrong)})", [shown.wrong(one) for one in wrong[:_MOST]]),
        (f"Veicoli non letti ({len(missed)})", [shown.missed(one.vehicle) for one in missed[:_MOST]]),
        (f"Letture in più ({len(matching.extras)})", [shown.extra(one) for one in matching.extras[:_MOST]]),
    ):
        blocks += [Heading(heading), *figures]
        if not figures:
            blocks.append(Paragraph("Nessun caso."))
        if len(figures) == _MOST:
            blocks.append(Paragraph(f"Si mostrano i primi {_MOST} casi."))
    return blocks


class _Shown:
    """Lays out single cases with their images."""

    def __init__(self, workspace: Workspace, tolerance_s: float) -> None:
        self._folder = workspace.path
        self._zone = workspace.zone
        self._tolerance = timedelta(seconds=tolerance_s)
        sessions = workspace.sessions()
        self._events = {event.label: event for session in sessions for event in session.read(MotionEvent)}
        self._dropped = [track for session in sessions for track in session.read(DroppedTrack)]

    def wrong(self, one: CountedOutcome) -> Figure:
        """Images of a transit with another plate than the vehicle's. Raises InputError."""
        if one.transit is None or one.vehicle.plate is None:
            raise ValueError("a wrong read has a transit and a plate")
        similar = " (caratteri simili)" if one.looks_right else ""
        caption = f"contata {one.vehicle.plate}, letta {one.transit.plate}{similar}, {self._read(one.transit)}"
        return self._figure(one.transit.captured_at, caption, _images_of(one.transit))

    def missed(self, vehicle: CountedVehicle) -> Figure:
        """The still of the vehicle's motion event nearest to its peak, and why nothing was read. Raises InputError."""
        plate = f"contata {vehicle.plate}" if vehicle.plate else "targa non leggibile da una persona"
        why = " · ".join(dict.fromkeys(self._why(vehicle))) or "nessuna targa seguita in quel momento"
        event = self._events.get(vehicle.event)
        stills = sorted(event.stills, key=lambda still: abs(still.at - event.peak))[:1] if event else []
        return self._figure(vehicle.at, f"{plate}; {why}", tuple(still.image for still in stills))

    def extra(self, one: Extra) -> Figure:
        """Images of a transit without a vehicle. Raises InputError."""
        what = "stesso veicolo letto due volte" if one.is_repeat else "nessun veicolo contato"
        caption = f"letta {one.transit.plate}, {what}, {self._read(one.transit)}"
        return self._figure(one.transit.captured_at, caption, _images_of(one.transit))

    def _why(self, vehicle: CountedVehicle) -> Iterator[str]:
        for track in self._dropped:
            if vehicle.began - self._tolerance <= track.at <= vehicle.ended + self._tolerance:
                read = f" ({track.plate}, {percent(track.confidence, 0)})" if track.plate else ""
                yield f"{drop_reason(track.reason)}{read}"

    @staticmethod
    def _read(transit: RecordedTransit) -> str:
        frames = "fotogramma" if transit.reads == 1 else "fotogrammi"
        return f"fiducia {percent(transit.confidence, 0)}, {transit.reads} {frames}"

    def _figure(self, at: datetime, caption: str, paths: Sequence[str]) -> Figure:
        images = tuple(data for data in map(self._image, paths) if data is not None)
        gone = "" if len(images) == len(paths) else "; immagini non più conservate"
        return Figure(f"{local_time(at, self._zone)}: {caption}{gone}", images)

    def _image(self, path: str) -> bytes | None:
        """Small enough for a sheet; None when it was deleted."""
        if not (self._folder / path).exists():
            return None
        image = read_image(self._folder / path)
        height, width = image.shape[:2]
        scale = min(1.0, _WIDTH_PX / width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return encode_jpeg(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), _QUALITY)


def _images_of(transit: RecordedTransit) -> tuple[str, str]:
    return transit.plate_image, transit.context_image
