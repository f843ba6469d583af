# SPDX-License-Identifier: AGPL-3.0-or-later
"""Budget of property tests: how many examples a test tries, by the profile that is loaded."""

import hypothesis

FULL_EXAMPLES = 100
"""Of a property test that says nothing else, with the profile `full`."""


def examples(full: int) -> int:
    """Number of examples for a test that tries `full` of them with the profile `full`; ten at least."""
    profile = hypothesis.settings.default
    assert profile is not None, "tests/conftest.py loads one"
    return max(10, full * profile.max_examples // FULL_EXAMPLES)
