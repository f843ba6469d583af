# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of the evidence's report."""

from anpr.evidence.words import ACTIONS
from anpr.store.audit import AuditAction
from anpr.store.audit_use.catalogue import AUDITED, ActionKind

OF_NO_CASE = {AuditAction.REQUEST_FOUND}
"""Searches for persons who ask about their own data."""


def test_each_search_that_a_case_may_have_has_words_in_the_chain_of_custody() -> None:
    searches = {action for action, audited in AUDITED.items() if audited.kind is ActionKind.SEARCH}
    assert {str(action) for action in searches - OF_NO_CASE} <= set(ACTIONS)
