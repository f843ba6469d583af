# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every registered kind has a module that opens its targets; none is loaded before it is used."""

import subprocess
import sys
from importlib import import_module
from inspect import signature

import pytest

from anpr.settings.forwarding.targets import TRANSPORT_KINDS


@pytest.mark.parametrize("kind", TRANSPORT_KINDS)
def test_every_kind_has_a_module_that_opens_its_targets(kind: str) -> None:
    module = import_module(f"anpr.forward.transport.{kind}")
    assert list(signature(module.open_target).parameters) == ["target", "where", "clock"]


@pytest.mark.slow
def test_the_ssh_library_is_not_loaded_until_it_is_needed() -> None:
    code = "import sys, anpr.forward.serve; sys.exit('asyncssh' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
