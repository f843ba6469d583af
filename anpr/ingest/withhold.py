# SPDX-License-Identifier: AGPL-3.0-or-later
"""Redaction of dead letters: a refused message of a gate that keeps hits only is kept without detail and value.

Nobody could match it, and it may hold a plate. Which gate it is of says the message itself. One that names none is
withheld as well while any gate keeps hits only: what cannot be told apart must not be kept.
"""

from collections.abc import Set
from dataclasses import replace

from anpr.contract.topics import HEALTH_TOPIC, VIEWS_TOPIC
from anpr.ingest.batch import Batch, Item, Refusal
from anpr.ingest.sender import gates_of


def withhold(batch: Batch, hits_only: Set[str]) -> Batch:
    """The batch with those refusals withheld that may be of one of these gates."""
    if not batch.refusals:
        return batch
    return replace(batch, items=tuple([_withheld(item, hits_only) for item in batch.items]))


def _withheld(item: Item, hits_only: Set[str]) -> Item:
    if not isinstance(item, Refusal) or item.record.topic == HEALTH_TOPIC:
        return item
    if item.record.topic == VIEWS_TOPIC:  # an image that is wrong in one way may be wrong in another
        return replace(item, is_withheld=True)
    if not hits_only:
        return item
    gates = gates_of(item.record)
    return replace(item, is_withheld=True) if not gates or gates & hits_only else item
