# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console on a network: slow and many connections, proxies, other sites' forms, names, and HTTPS."""

import re
import select
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from anpr.console.app import create_app
from anpr.console.network.protocol import DeadlineProtocol
from anpr.console.server import make_server
from anpr.domain.access import Role
from anpr.domain.errors import SettingsError
from anpr.settings import ConsoleSettings
from anpr.store.audit import AuditAction
from tests.support.fixtures_console import PASSWORD, Site, serving, token_in

HALF_HEADERS = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
HALF_BODY = (
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\na"
)


@pytest.fixture
def quick_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("headers_s", "body_s"):
        monkeypatch.setattr(DeadlineProtocol, name, 0.5)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def served(site: Site, stack: ExitStack, **console: object) -> str:
    """The same console with these settings, somewhere else."""
    wanted = ConsoleSettings.model_validate({"idle_minutes": 1440, **console})
    settings = site.settings.model_copy(update={"console": wanted})
    app = create_app(settings, site.console.database, site.images, site.clock)
    site.url = stack.enter_context(serving(app, wanted))
    return site.url


def connected(stack: ExitStack, url: str, said: bytes = b"") -> socket.socket:
    parts = urlsplit(url)
    made = stack.enter_context(socket.create_connection((parts.hostname, parts.port), 60))
    made.sendall(said)
    return made


def all_that_comes(connection: socket.socket) -> bytes:
    """Until the server cuts it, by FIN or by RST; a TimeoutError after a minute fails the test."""
    found = b""
    try:
        while more := connection.recv(1000):
            found += more
    except ConnectionResetError:
        pass
    return found


@pytest.mark.usefixtures("quick_deadlines")
@pytest.mark.parametrize("said", [b"", HALF_HEADERS, HALF_BODY], ids=["nothing", "half the headers", "half a body"])
def test_a_connection_that_does_not_go_on_is_cut(site: Site, stack: ExitStack, said: bytes) -> None:
    assert b"200 OK" not in all_that_comes(connected(stack, site.url, said))


@pytest.mark.usefixtures("quick_deadlines")
def test_a_slow_second_request_is_cut_and_live_streams_go_on(site: Site, stack: ExitStack) -> None:
    client = site.client(Role.OPERATOR)
    with client.stream("GET", "/alarms/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines)
        slow = connected(stack, site.url, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok"):  # headers and body may come apart
            answer += slow.recv(1000)
        assert b"200 OK" in answer
        slow.sendall(HALF_HEADERS)
        assert all_that_comes(slow) == b""
        site.pass_vehicle("FX427KB")
        assert any("FX427KB" in line for line in lines), "the stream is older than any deadline"


def test_a_crowd_of_connections_shuts_out_nobody_else(site: Site, stack: ExitStack) -> None:
    url = served(site, stack, max_connections=30, max_connections_per_address=20)
    crowd = [connected(stack, url, HALF_BODY) for _ in range(25)]
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=url, transport=transport, timeout=60) as other:
        assert other.get("/healthz").status_code == 200
    # Connections are accepted in the order they came: the crowd has been judged by now, and a closed one is readable.
    refused, _, _ = select.select(crowd, [], [], 0)
    assert len(refused) == 5


def test_what_a_client_writes_of_its_address_is_not_believed(site: Site) -> None:
    client = site.stranger()
    site.clock.stop()
    answers = [forwarded_login(client, f"10.0.0.{n}", f"guess {n}") for n in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    assert {row.event.detail["address"] for row in site.audit()} == {"127.0.0.1"}


def test_behind_a_trusted_proxy_each_client_has_a_limit_of_its_own(site: Site, stack: ExitStack) -> None:
    served(site, stack, trusted_proxies=["127.0.0.1"])
    client = site.stranger()
    site.clock.stop()
    answers = [forwarded_login(client, f"1.2.3.{n}, 192.0.2.9", f"guess {n}") for n in range(4)]
    assert answers == [401, 401, 401, 429], "what stands left of the proxy's word is the client's"
    assert forwarded_login(client, "192.0.2.10", PASSWORD) == 303
    assert site.audit()[0].event.detail["address"] == "192.0.2.10"


def forwarded_login(client: httpx.Client, forwarded_for: str, password: str) -> int:
    token = token_in(client.get("/login").text)
    form = {"form_token": token, "user": "operator", "password": password}
    return client.post("/login", data=form, headers={"X-Forwarded-For": forwarded_for}).status_code


def test_nobodys_pages_hold_no_form_that_a_login_would_take(site: Site) -> None:
    page = site.stranger().get("/nothing").text
    assert "form_token" not in page
    stranger = site.stranger()
    token = site.console.sessions.form_token("")
    form = {"form_token": token, "user": "operator", "password": PASSWORD}
    assert stranger.post("/login", data=form).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_form_of_another_site_is_refused_with_the_right_token_too(site: Site, headers: dict[str, str]) -> None:
    client = site.stranger()
    token = token_in(client.get("/login").text)
    form = {"form_token": token, "user": "operator", "password": PASSWORD}
    assert client.post("/login", data=form, headers=headers).status_code == 403
    assert client.post("/login", data=form, headers={"Origin": site.url}).status_code == 303


def test_no_address_is_built_from_the_host_header(site: Site, stack: ExitStack) -> None:
    url = served(site, stack, names=["console.example.it"])
    with httpx.Client(base_url=url, timeout=60) as client:
        assert client.get("/login", headers={"Host": "evil.example"}).status_code == 421
        assert client.get("/login").status_code == 421, "the address is none of its names"
        assert client.get("/login", headers={"Host": "Console.Example.it:8443"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "10.0.0.1"}).status_code == 200
        assert client.get("/alarms/", headers={"Host": "console.example.it"}).status_code == 404
    with httpx.Client(base_url=url, timeout=60) as client:
        answer = client.get("/alarms", headers={"Host": "console.example.it"})
        assert answer.headers["location"] == "/login?back=/alarms"


def test_on_loopback_only_loopback_is_a_name(site: Site) -> None:
    client = site.stranger()
    assert client.get("/login", headers={"Host": "rebound.example"}).status_code == 421
    for host in ("localhost:8080", "127.0.0.1", "[::1]:80"):
        assert client.get("/login", headers={"Host": host}).status_code == 200, host


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "console.pem", folder / "console.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-out", str(files[0]), "-keyout", str(files[1])],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return files


def test_with_a_certificate_everything_is_https(site: Site, stack: ExitStack, certificate: tuple[Path, Path]) -> None:
    url = served(site, stack, certificate_file=str(certificate[0]), key_file=str(certificate[1]))
    assert url.startswith("https://")
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    with httpx.Client(base_url=url, verify=trust, timeout=60) as client:
        answer = site.log_in(client, "operator", PASSWORD)
        assert answer.status_code == 303
        cookies = answer.headers.get_list("set-cookie")
        assert any(re.match(r"__Host-anpr_session=.*; Path=/; .*Secure", text) for text in cookies)
        page = client.get("/alarms")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert site.post(client, "/logout", "/alarms").status_code == 303
        assert client.get("/alarms").status_code == 303
    plain = connected(stack, url, b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200 OK" not in plain.recv(1000), "nothing is answered in clear"


def test_a_proxy_that_speaks_https_makes_cookies_secure(site: Site, stack: ExitStack) -> None:
    url = served(site, stack, trusted_proxies=["127.0.0.1"])
    with httpx.Client(base_url=url, timeout=60) as client:
        over_https = client.get("/login", headers={"X-Forwarded-Proto": "https"})
        assert over_https.headers["set-cookie"].startswith("__Host-anpr_visit=")
        assert "strict-transport-security" in over_https.headers
        assert "strict-transport-security" not in client.get("/login").headers
    untrusted = site.stranger().get(f"{site.url}/login")
    assert "strict-transport-security" not in untrusted.headers


def test_a_wrong_certificate_names_the_settings(site: Site, certificate: tuple[Path, Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for pair in ((empty, certificate[1]), (certificate[0], tmp_path / "none.key")):
        settings = ConsoleSettings(certificate_file=str(pair[0]), key_file=str(pair[1]))
        with pytest.raises(SettingsError, match=r"console\.certificate_file, console\.key_file: .*"):
            make_server(site.app, settings)


def test_logging_out_holds_for_every_console_and_after_a_restart(site: Site, stack: ExitStack) -> None:
    client = site.client(Role.OPERATOR)
    copied = client.cookies["anpr_session"]
    first = site.url
    second = served(site, stack)
    with httpx.Client(base_url=second, cookies={"anpr_session": copied}, timeout=60) as elsewhere:
        assert elsewhere.get("/alarms").status_code == 200
        site.url = first
        assert site.post(client, "/logout", "/alarms").status_code == 303
        assert elsewhere.get("/alarms").status_code == 303
    assert AuditAction.LOGOUT in [row.event.action for row in site.audit()]
