# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures for every test."""

from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

from anpr.runtime.clock import ManualClock
from tests.support.budget import FULL_EXAMPLES

pytest_plugins = [
    "tests.support.fixtures_database",
    "tests.support.kafka_broker",
    "tests.support.ssh_server",
    "tests.support.s3_server",
    "tests.support.fixtures_console",
    "tests.support.fixtures_organisations",
    "tests.support.fixtures_provider",
    "tests.support.fixtures_browser",
    "tests.support.small_disk",
]

# Budgets of the property tests; `make test` takes the full one (pytest --hypothesis-profile=full).
# Slow is not wrong: on a busy machine a deadline per example would fail tests by chance.
hypothesis.settings.register_profile("full", deadline=None, max_examples=FULL_EXAMPLES)
hypothesis.settings.register_profile("fast", deadline=None, max_examples=FULL_EXAMPLES // 5)
hypothesis.settings.load_profile("fast")


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What drives a browser is marked so: scripts/test-all runs it apart."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real plate images beside the checkout; it is not part of the repository."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not (folder / "SOURCES.md").is_file():
        pytest.skip("the folder of real plate images (../shared/data) is not here")
    return folder


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 2026-11-21 10:00 UTC until the test moves it."""
    return ManualClock(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
