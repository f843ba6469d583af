# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console behind the proxies of docs/hardening.md, which are read from it: real nginx and real Caddy."""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from anpr.console.app import create_app
from anpr.domain.access import Role
from anpr.settings import ConsoleSettings
from anpr.store.audit import AuditAction
from scripts.lab.ports import free_ports
from tests.support.fixtures_console import PASSWORD, Site, serving
from tests.support.waiting import eventually

Prepare = Callable[[Path, Path, int, str], tuple[list[str], dict[str, str]]]
CLIENT = "127.0.0.2"
"""Not the proxy's address, 127.0.0.1."""


def example(repository: Path, language: str) -> str:
    page = (repository / "docs" / "hardening.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(block)


def certificate(folder: Path) -> tuple[Path, Path]:
    files = folder / "console.pem", folder / "console.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-out", str(files[0]), "-keyout", str(files[1])],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return files


def adapted(text: str, replaced: dict[str, str]) -> str:
    for old, new in replaced.items():
        assert old in text, f"{old} is not in the example"
        text = text.replace(old, new)
    return text


def nginx(repository: Path, folder: Path, port: int, upstream: str) -> tuple[list[str], dict[str, str]]:
    server = adapted(
        example(repository, "nginx"),
        {
            "listen 443": f"listen 127.0.0.1:{port}",
            "console.example.it": "localhost",
            "/etc/anpr": str(folder),
            "http://127.0.0.1:8080": upstream,
        },
    )
    kept = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    conf = f"{user} daemon off; pid {folder}/pid; events {{}} http {{ access_log off; {kept} {server} }}"
    (folder / "nginx.conf").write_text(conf, encoding="utf-8")
    return ["/usr/sbin/nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")], {}


def caddy(repository: Path, folder: Path, port: int, upstream: str) -> tuple[list[str], dict[str, str]]:
    site = adapted(
        example(repository, "caddy"),
        {
            "console.example.it": f"https://localhost:{port}",
            "/etc/anpr": str(folder),
            "127.0.0.1:8080": urlsplit(upstream).netloc,
        },
    )
    text = f"{{\n admin off\n auto_https disable_redirects\n}}\n{site}"
    (folder / "Caddyfile").write_text(text, encoding="utf-8")
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], home


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int, trust: ssl.SSLContext) -> Iterator[str]:
    url = f"https://localhost:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/healthz", verify=trust, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    with subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.PIPE) as process:
        try:
            eventually(answers)
            yield url
        finally:
            process.terminate()
            process.communicate(timeout=120)


@pytest.mark.parametrize(("program", "prepare"), [("/usr/sbin/nginx", nginx), ("caddy", caddy)], ids=["nginx", "caddy"])
def test_the_documented_proxy_carries_logins_addresses_and_live_alarms(
    site: Site,
    tmp_path: Path,
    repository: Path,
    program: str,
    prepare: Prepare,
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: its example in docs/hardening.md was not tried")
    wanted = ConsoleSettings(idle_minutes=1440, names=("localhost",), trusted_proxies=("127.0.0.1",))
    settings = site.settings.model_copy(update={"console": wanted})
    pem, _ = certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(pem))
    (port,) = free_ports(1)
    app = create_app(settings, site.console.database, site.images, site.clock)
    with (
        serving(app, wanted) as upstream,
        running(*prepare(repository, tmp_path, port, upstream), port, trust) as url,
        httpx.Client(
            base_url=url, transport=httpx.HTTPTransport(verify=trust, local_address=CLIENT), timeout=60
        ) as client,
    ):
        client.headers["X-Forwarded-For"] = "10.9.9.9"  # a lie, which the proxy must not hand on as its own word
        answer = site.log_in(client, "operator", PASSWORD)
        assert answer.status_code == 303, answer.text
        assert any(text.startswith("__Host-anpr_session=") for text in answer.headers.get_list("set-cookie"))
        login = next(row.event for row in site.audit() if row.event.action is AuditAction.LOGIN)
        assert login.detail == {"address": CLIENT}
        assert client.get("/alarms").headers["strict-transport-security"]
        assert client.get("/alarms/").status_code == 404
        eventually(lambda: app.state.console.live.is_up)
        with client.stream("GET", "/alarms/stream") as stream:
            lines = stream.iter_lines()
            assert "ready" in next(lines)
            site.pass_vehicle("FX427KB")
            assert any("FX427KB" in line for line in lines), "not held back"
        assert site.post(client, "/logout", "/alarms").status_code == 303
    assert login.actor == Role.OPERATOR.value
