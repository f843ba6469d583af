# SPDX-License-Identifier: AGPL-3.0-or-later
"""A time stamping authority: OpenSSL makes real tokens behind a small HTTP server."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from scripts.lab.ports import free_ports

POLICY = "1.2.3.4.1"
_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
signer_digest = sha256
default_policy = {policy}
digests = sha256, sha512
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(kw_only=True)
class TimeStamper:
    """Where it listens, and its root. `instead`: makes an answer instead of a token, from the request; `status` and
    `kind` of the HTTP answer; `asked`: the requests; `logins`: what each had as Authorization."""

    folder: Path
    port: int
    asked: list[bytes] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)
    instead: Callable[[bytes], bytes] | None = None
    status: int = 200
    kind: str = "application/timestamp-reply"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsr"

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def settings(self) -> dict[str, object]:
        """For `evidence.time_stamp`."""
        return {"url": self.url, "ca_file": str(self.ca_file)}

    def reply(self, request: bytes) -> bytes:
        """What OpenSSL answers."""
        (self.folder / "request.tsq").write_bytes(request)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "reply.tsr"],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        return (self.folder / "reply.tsr").read_bytes()


def make_authority(folder: Path, *, valid: tuple[timedelta, timedelta] | None = None, is_for_time: bool = True) -> None:
    """Root, certificate and configuration in this folder; `valid`: from when until when, as seen from now."""
    folder.mkdir(parents=True, exist_ok=True)
    since, until = valid or (timedelta(days=-1), timedelta(days=30))
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("Prova Root"), _name("Prova TSA")
    now = datetime.now(UTC)
    root = (
        _builder(
            root_name, root_name, root_key.public_key(), now + min(since, timedelta(days=-1)), now + timedelta(days=60)
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    usage = ExtendedKeyUsageOID.TIME_STAMPING if is_for_time else ExtendedKeyUsageOID.SERVER_AUTH
    issued = (
        _builder(name, root_name, key.public_key(), now + since, now + until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "tsa.pem").write_bytes(issued.public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder, policy=POLICY))


@contextmanager
def time_stamper(folder: Path) -> Iterator[TimeStamper]:
    """It listens on this machine; `make_authority` is called for a folder without one."""
    if not (folder / "tsa.cnf").exists():
        make_authority(folder)
    stamper = TimeStamper(folder=folder, port=free_ports(1)[0])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            stamper.asked.append(request)
            stamper.logins.append(self.headers.get("Authorization"))
            answer = (stamper.instead or stamper.reply)(request)
            self.send_response(stamper.status)
            self.send_header("Content-Type", stamper.kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is what some tests want."""

    server = Quiet(("127.0.0.1", stamper.port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stamper
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
