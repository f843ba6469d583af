# SPDX-License-Identifier: AGPL-3.0-or-later
"""The profile of a destination: its stage, what `anpr forward check` says, its fields, and a sample record."""

from dataclasses import replace

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from anpr.console.forwarding.profiles import profile_state, profile_text
from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding.destination import DestinationDep
from anpr.console.pages.forwarding.sample import SAMPLE_PLATE, sample_of
from anpr.console.state import ConsoleDep
from anpr.forward.profile.image_rule import ImageRule

router = APIRouter(prefix="/{destination}/profile")


@router.get("")
def show(console: ConsoleDep, context: ContextDep, destination: DestinationDep) -> Response:
    """The profile."""
    state = profile_state(destination)
    return console.templates.response(
        "forwarding/profile.html",
        replace(context, section="/status"),
        destination=destination,
        state=state,
        profile=state.profile,
        sample=sample_of(console, destination, state.profile) if state.profile else None,
        plate=SAMPLE_PLATE,
        images=[_rule(each) for each in state.profile.images] if state.profile else [],
    )


def _rule(rule: ImageRule) -> dict[str, object]:
    """What the profile wants of images of a role; format and quality only where images may be made anew."""
    quality = f"{rule.quality.least}–{rule.quality.most}"
    anew = {"format": rule.format, "quality": None if rule.format == "png" else quality}
    is_made_anew = rule.format != "jpeg" or rule.too_large == "recompress"
    return rule.model_dump(mode="json", exclude={*anew}) | (anew if is_made_anew else {})


@router.get("/file")
def file(destination: DestinationDep) -> Response:
    """The profile's file; logins and secrets are in the destination, and not in it."""
    data = profile_text(destination)
    if data is None:
        raise HTTPException(404)
    headers = {"Content-Disposition": f'attachment; filename="profilo-{destination.id}.yaml"'}
    return Response(data, media_type="application/yaml", headers=headers)
