# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals that a form of a list survives: it is shown again with what was typed, and says why nothing has changed."""

from anpr.domain.errors import InputError
from anpr.store.watchlists.locks import ReceivedListError, SecondPersonError
from anpr.store.watchlists.proposals import TooManyProposalsError

REFUSALS = (SecondPersonError, TooManyProposalsError, ReceivedListError)
"""The list demands a second person since the form was opened; too many proposals wait already; a centre hands it
out."""


def words_of_refusal(error: InputError) -> str:
    """The key of what people are told."""
    if isinstance(error, ReceivedListError):
        return "watchlists.by_delivery"
    return "proposals.too_many" if isinstance(error, TooManyProposalsError) else "proposals.meanwhile"
