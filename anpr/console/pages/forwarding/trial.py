# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dry run for some rejected transits: what the profile of now would write of them; plates only to who may see them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from anpr.console.access import Visitor
from anpr.console.forwarding.profiles import profile_state
from anpr.console.pages.forwarding.destination import DestinationDay
from anpr.console.pages.forwarding.sample import DRAWN_IMAGE, SAMPLE_PLATE, shown
from anpr.console.state import Console
from anpr.domain.access import Permission
from anpr.domain.errors import ForwardError, ImageAlteredError
from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.profile.image_fit import Unfit, fit_image
from anpr.forward.profile.layout import lay_out
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.store.gates import list_gates

TRIED = 10
"""The first ones of a list; each may need two images from the disk, made to fit."""
Images = dict[tuple[UUID, ImageRole], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """How many were tried, how many would be written, why the others would not, and the first record.

    `has_plate`: the record shows the real plate; otherwise an invented one stands in its place.
    """

    tried: int
    written: int
    rejected: Counter[str] = field(default_factory=Counter)
    sample: str = ""
    has_plate: bool = False
    fault: str = ""


def try_profile(console: Console, visitor: Visitor, asked: DestinationDay, transits: Sequence[Transit]) -> Trial:
    """Lay these transits out and discard the files; nothing is sent, and the ledger is not touched.

    It takes a seat among the searches, as pictures are read and made to fit. Raises SearchesBusyError.
    """
    with console.search_seats.seat(visitor.user.name):
        return _tried(console, visitor, asked, transits)


def _tried(console: Console, visitor: Visitor, asked: DestinationDay, transits: Sequence[Transit]) -> Trial:
    state = profile_state(asked.destination)
    if state.profile is None:
        return Trial(tried=0, written=0, fault=state.fault)
    profile = state.profile
    context = _context(console, asked)
    try:
        layout = lay_out(profile, transits, replace(context, images=_images(console, profile, transits)))
        may_see = visitor.may(Permission.VIEW_TRANSITS)
        writable = [each for each in transits if each.id not in layout.rejected]
        sample = _sample(profile, writable[0], context, may_see=may_see) if writable else ""
    except ForwardError as exc:
        return Trial(tried=len(transits), written=0, fault=str(exc))
    rejected = Counter(layout.rejected.values())
    return Trial(tried=len(transits), written=layout.records, rejected=rejected, sample=sample, has_plate=may_see)


def _context(console: Console, asked: DestinationDay) -> Context:
    with console.database.transaction() as conn:
        gates: dict[str, Gate] = {gate.id: gate for gate in list_gates(conn)}
    settings = console.settings
    return Context(
        destination=asked.destination.id,
        municipality=settings.municipality,
        day=asked.scope.day,
        number=1,
        created_at=console.clock.now(),
        gates=gates | {gate.id: gate for gate in settings.domain_gates()},
    )


def _images(console: Console, profile: Profile, transits: Sequence[Transit]) -> Images:
    found: Images = {}
    for transit in transits:
        for rule in profile.images:
            try:
                data = console.images.find(transit, rule.role)
            except ImageAlteredError:
                data = None
            if data is not None:
                fitted = fit_image(rule, data)  # here, so that originals are not all held at once
                found[transit.id, rule.role] = data if isinstance(fitted, Unfit) else fitted
    return found


def _sample(profile: Profile, transit: Transit, context: Context, *, may_see: bool) -> str:
    """The file of this transit alone, with drawn images."""
    told = transit if may_see else replace(transit, plate=SAMPLE_PLATE, raw=SAMPLE_PLATE)
    images: Images = {(transit.id, rule.role): DRAWN_IMAGE for rule in profile.images}
    layout = lay_out(profile, [told], replace(context, images=images))
    return shown(profile, layout)
