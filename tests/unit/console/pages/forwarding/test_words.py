# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words of the pages of forwarding: whatever a run, a delivery or a profile may be has its word in each language."""

from collections.abc import Iterable
from typing import get_args

import pytest

from anpr.console.forwarding.state import Yesterday
from anpr.console.rendering.translations import LANGUAGES, Language, load_catalogues
from anpr.domain.delivery import DeliveryState, LiveState, RunKind, RunOutcome
from anpr.domain.transit import ImageRole
from anpr.forward.profile.field import FieldRule
from anpr.forward.profile.image_rule import ImageRule
from anpr.forward.profile.sections import Status
from anpr.forward.profile.sources import BATCH_SOURCES, TRANSIT_SOURCES
from anpr.store.forwarding.counts import DAY_STATES

WORDS: dict[str, Iterable[str]] = {
    "forwarding.kind_": RunKind,
    "run.": [*RunOutcome, "running"],
    "yesterday.": Yesterday,
    "sent_state.": DAY_STATES,
    "delivery.": DeliveryState,
    "live_forwarding.": [*LiveState, "silent"],
    "stage.refused_": ["agreement", "stage"],
    "stage.": [*get_args(Status.model_fields["stage"].annotation), "unknown"],
    "profile_stage_meaning.": set(get_args(Status.model_fields["stage"].annotation)) - {"accepted"},
    "field_type.": get_args(FieldRule.model_fields["type"].annotation),
    "image_role.": ImageRole,
    "image_rule.": set(ImageRule.model_fields) - {"role"},
    "image_value.": [
        *get_args(ImageRule.model_fields["how"].annotation),
        *get_args(ImageRule.model_fields["too_large"].annotation),
    ],
    "source.": [*TRANSIT_SOURCES, *BATCH_SOURCES],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prefix", sorted(WORDS))
def test_whatever_it_may_be_has_a_word(language: Language, prefix: str) -> None:
    messages = load_catalogues()[language].messages
    assert [each for each in WORDS[prefix] if f"{prefix}{each}" not in messages] == []
