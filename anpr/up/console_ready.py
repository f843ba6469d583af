# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waits until the console that `anpr up` has started answers at its own address."""

import ssl
import threading
import urllib.error
import urllib.request

from anpr.domain.errors import StartError
from anpr.runtime.clock import Clock
from anpr.settings import ConsoleSettings
from anpr.up.supervisor import Supervisor

READY_WITHIN_S = 90.0
LOOK_EVERY_S = 0.2

_ANY_CERTIFICATE = ssl.create_default_context()
_ANY_CERTIFICATE.check_hostname = False
_ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE
"""Only whether our own child answers is asked, at an address that its certificate need not name."""


def console_address(console: ConsoleSettings, port: int) -> str:
    """Where browsers on this machine find it."""
    host = f"[{console.host}]" if ":" in console.host else console.host
    return f"{'https' if console.certificate_file else 'http'}://{host}:{port}"


def wait_until_ready(supervisor: Supervisor, address: str, clock: Clock, stop: threading.Event) -> None:
    """Until the console at `address` is ready or `stop` is set. Raises StartError when it does not become so."""
    deadline = clock.monotonic() + READY_WITHIN_S
    while not stop.is_set() and not _answers(f"{address}/readyz"):
        supervisor.check()
        if clock.monotonic() > deadline:
            raise StartError(f"console: did not answer at {address} within {READY_WITHIN_S:.0f} s; its log is above")
        clock.wait(stop, LOOK_EVERY_S)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=_ANY_CERTIFICATE) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
