# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real OpenSSH server on this machine, with keys and a configuration of its own; nobody's ~/.ssh is touched."""

import getpass
import os
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from scripts.lab.ports import free_ports

SSHD = shutil.which("sshd", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")
"""None where there is none (Debian: openssh-server)."""


@dataclass
class SshServer:
    """A running sshd on 127.0.0.1. `key_file` logs in; `known_hosts_file` holds the server's key."""

    port: int
    user: str
    folder: Path
    """Where the files arrive, on this machine."""
    key_file: Path
    known_hosts_file: Path
    process: subprocess.Popen[str]
    drain: threading.Thread

    @property
    def keys(self) -> dict[str, Any]:
        """The `target` of a destination."""
        return {
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "path": str(self.folder),
            "known_hosts_file": str(self.known_hosts_file),
            "key_file": str(self.key_file),
        }

    def kill(self) -> None:
        """End the server and, as a power cut would, every session of it."""
        server = psutil.Process(self.process.pid)
        sessions = server.children(recursive=True)
        server.kill()
        for session in sessions:
            with suppress(psutil.NoSuchProcess):  # one may end by itself just now
                session.kill()
        self.process.wait(120)
        self.drain.join(120)
        if self.process.stderr is not None:
            self.process.stderr.close()


@contextmanager
def running_sshd(home: Path, arrived: Path) -> Iterator[SshServer]:
    """A server that takes one key for the user who runs this; `home` is made. Raises OSError where none starts."""
    if SSHD is None:
        raise FileNotFoundError("no sshd (Debian: apt install openssh-server)")
    home.mkdir()
    for name in ("host_key", "client_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    server = _start(SSHD, home, arrived)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def _start(sshd: str, home: Path, arrived: Path) -> SshServer:
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as root sshd wants it for privilege separation
    (port,) = free_ports(1)
    (home / "authorized_keys").write_bytes((home / "client_key.pub").read_bytes())
    key = " ".join((home / "host_key.pub").read_text().split()[:2])
    (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}\n")
    (home / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home}/host_key\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {home}/authorized_keys\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    )
    process = subprocess.Popen([sshd, "-D", "-e", "-f", home / "sshd_config"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "Server listening" in line:
            break
    else:
        raise OSError(f"sshd does not start: exit status {process.wait()}")
    drain = threading.Thread(target=deque, args=(process.stderr, 0), daemon=True)  # a full pipe would stop the server
    drain.start()
    return SshServer(
        port=port,
        user=getpass.getuser(),
        folder=arrived,
        key_file=home / "client_key",
        known_hosts_file=home / "known_hosts",
        process=process,
        drain=drain,
    )
