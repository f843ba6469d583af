# SPDX-License-Identifier: AGPL-3.0-or-later
"""S3-compatible server for tests: S3Proxy over a folder, as a process. Needs Java."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from scripts.lab.jars import ServerStartError, fetch_jars
from scripts.lab.ports import free_ports
from scripts.repository import REPOSITORY

JARS = REPOSITORY / ".cache" / "s3"
POM = Path(__file__).with_name("s3-pom.xml")
START_TIMEOUT_S = 240
ACCESS_KEY = "centre"
SECRET_KEY = "secret-of-the-test"
_QUIET = (
    '<configuration><appender name="O" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%m%n</pattern>\
</encoder></appender><root level="WARN"><appender-ref ref="O"/></root></configuration>'
)


class S3Server:
    """One server on a free port of this machine; its buckets are folders below `data`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.data = folder / "data"
        (self._port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """http://host:port."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start, or start again on the same port; returns when it listens. Raises ServerStartError."""
        self.data.mkdir(parents=True, exist_ok=True)
        properties, logback = self._folder / "s3.properties", self._folder / "logback.xml"
        values = {
            "s3proxy.endpoint": self.endpoint,
            "s3proxy.authorization": "aws-v4",
            "s3proxy.identity": ACCESS_KEY,
            "s3proxy.credential": SECRET_KEY,
            "jclouds.provider": "filesystem-nio2",
            "jclouds.filesystem.basedir": str(self.data),
        }
        properties.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        logback.write_text(_QUIET)
        options = ("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlogback.configurationFile={logback}")
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        command = [*guard, "java", *options, "-cp", f"{JARS}/*", "org.gaul.s3proxy.Main", "--properties"]
        with (self._folder / "s3.log").open("ab") as log:
            self._process = subprocess.Popen([*command, str(properties)], stdout=log, stderr=log)
        self._wait_until_it_listens()

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(15)
            self._process = None

    def make_bucket(self, name: str) -> None:
        """Create a bucket, which is a folder below `data`."""
        (self.data / name).mkdir()

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=2).close()
            except OSError:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    log = (self._folder / "s3.log").read_text(errors="replace")[-2000:]
                    raise ServerStartError(f"the S3 server did not start:\n{log}") from None
                time.sleep(0.1)
            else:
                return


def ensure_jars() -> None:
    """Fetch the server's jars unless they are there. Raises ServerUnavailableError."""
    fetch_jars("S3 server", POM, JARS)
