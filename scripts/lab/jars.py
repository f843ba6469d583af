# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers that run on Java: fetches their jars once by Maven, at the versions that a pom.xml pins."""

import hashlib
import shutil
import subprocess
from pathlib import Path

FETCH_TIMEOUT_S = 150


class ServerUnavailableError(Exception):
    """A server cannot be had on this machine; the message says what is missing."""


class ServerStartError(Exception):
    """A server that is installed did not start; the message has the end of its log."""

    @property
    def is_port_taken(self) -> bool:
        """Whether another program listens on a port that it needs."""
        return "Address already in use" in str(self)


def fetch_jars(server: str, pom: Path, jars: Path) -> None:
    """Fetch what `pom` names into the folder `jars` unless it is there. Raises ServerUnavailableError."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    stamp = hashlib.sha256(pom.read_bytes()).hexdigest()
    if (jars / ".stamp").exists() and (jars / ".stamp").read_text().strip() == stamp and "java" not in missing:
        return
    if missing:
        raise ServerUnavailableError(f"no {server}: {' and '.join(missing)} missing")
    shutil.rmtree(jars, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=FETCH_TIMEOUT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
        raise ServerUnavailableError(f"no {server}: Maven could not fetch it ({type(exc).__name__})") from exc
    (jars / ".stamp").write_text(f"{stamp}\n")
