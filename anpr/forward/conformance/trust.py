# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases about whom we trust: wrong certificates, a key that is not pinned, a redirect, and a wrong SSH host key.

Certificates are shown by an impostor on this machine, by the destination's protocol and with its settings otherwise.
A host key is compared with the destination's own server, which is connected to and not logged in to.
"""

import base64
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncssh

from anpr.domain.errors import ForwardError
from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.impostor import impostor, misled
from anpr.forward.conformance.outcome import CaseOutcome
from anpr.forward.profile.soap import SoapRules
from anpr.forward.transport import open_transport
from anpr.runtime.clock import Clock, SystemClock
from anpr.settings import DestinationSettings, SftpTarget
from anpr.settings.forwarding.smtp import SmtpTarget
from anpr.settings.forwarding.tls import TlsSettings
from anpr.tls.bad_certificates import make_bad_certificates
from anpr.tls.trial_authority import CertificateFiles, SimulatedAuthority
from anpr.ws_security.envelope import ENVELOPES

_CERTIFICATES = {
    "expired": ("Certificato scaduto", "Un server con un certificato scaduto."),
    "wrong-host": ("Certificato di un altro nome", "Un server con il certificato di un altro nome."),
    "wrong-authority": ("Certificato di un'altra autorità", "Un server con il certificato di un'autorità non nota."),
    "self-signed": ("Certificato autofirmato", "Un server con un certificato che nessuna autorità ha firmato."),
    "pin": ("Chiave pubblica diversa", "Un server con un certificato valido e un'altra chiave che quella fissata."),
}
_REDIRECT = ("Rinvio a un altro indirizzo", "Un server che rimanda a un altro indirizzo.")
_HOST_KEY = ("Chiave SSH sbagliata", "Il server della destinazione, come se la sua chiave nota fosse un'altra.")
_OTHER_PIN = base64.b64encode(bytes(32)).decode()


@dataclass(frozen=True, kw_only=True)
class TrustCheck:
    """Runs these cases for one destination; `soap` is that section of its profile."""

    destination: DestinationSettings
    soap: SoapRules | None
    clock: Clock

    def cases(self, day: date) -> list[ConformanceCase]:
        """Those that the destination's protocol can meet; one that is not applicable, where it can meet none."""
        found: dict[str, tuple[str, str]] = {}
        if isinstance(self.destination.target, TlsSettings):
            found |= _CERTIFICATES
        if self.destination.target.kind == "https":
            found["redirect"] = _REDIRECT
        if isinstance(self.destination.target, SftpTarget):
            found["host-key"] = _HOST_KEY
        if not found:
            told = ("Identità del destinatario", "La destinazione è una cartella: non c'è un server da riconoscere.")
            return [_case("none", told, day, ExpectedOutcome.NOT_APPLICABLE)]
        return [_case(name, told, day, ExpectedOutcome.DISTRUSTED) for name, told in found.items()]

    def outcome_of(self, case: ConformanceCase) -> CaseOutcome:
        """What came of one of them."""
        outcome, name = CaseOutcome(case=case), case.id.removeprefix("trust-")
        with tempfile.TemporaryDirectory(prefix="anpr-prova-") as folder:
            try:
                if name == "host-key":
                    outcome.written = self._sends(self._with_other_host_key(Path(folder)))
                else:
                    outcome.written = self._believes(name, Path(folder))
            except ForwardError as exc:
                is_clear = exc.permanent and len(str(exc).splitlines()) == 1
                if is_clear:
                    outcome.refused[str(exc)] += 1
                else:
                    outcome.failure = str(exc)
            except OSError as exc:
                outcome.failure = str(exc)
        return outcome

    def _believes(self, name: str, folder: Path) -> int:
        """Files that an impostor was told of. Raises ForwardError and OSError."""
        authority, shown = _shown(name, folder)
        pins = (_OTHER_PIN,) if name == "pin" else ()
        target = self.destination.target
        kind = "https" if isinstance(target, SmtpTarget) and target.security == "tls" else target.kind
        with impostor(kind, shown) as server:
            try:
                self._sends(misled(self.destination, server.port, str(authority), pins))
            except ForwardError:
                if not server.heard or name == "redirect":
                    raise
        return 1

    def _sends(self, destination: DestinationSettings) -> int:
        version = self.soap.version if self.soap is not None else "1.1"
        space = f'xmlns:soap="{ENVELOPES[version]}"'
        data = f"<soap:Envelope {space}><soap:Body><prova/></soap:Body></soap:Envelope>".encode()
        with open_transport(destination, self.soap, self.clock) as transport:
            transport.send("prova.xml", data)
        return 1

    def _with_other_host_key(self, folder: Path) -> DestinationSettings:
        target = self.destination.target
        assert isinstance(target, SftpTarget)
        key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        known = folder / "known_hosts"
        known.write_text(f"[{target.host}]:{target.port} {key}{target.host} {key}", encoding="utf-8")
        return self.destination.model_copy(
            update={"target": target.model_copy(update={"known_hosts_file": str(known)})}
        )


def _case(name: str, told: tuple[str, str], day: date, expected: ExpectedOutcome) -> ConformanceCase:
    title, what = told
    return ConformanceCase(id=f"trust-{name}", title=title, what=what, expected=expected, day=day)


def _shown(name: str, folder: Path) -> tuple[Path, CertificateFiles]:
    """The authority that is trusted, and the certificate that is shown."""
    now = SystemClock().now()  # TLS goes by the machine's clock
    authority = SimulatedAuthority(folder, now)
    hosts = ("127.0.0.1", "localhost")
    bad = make_bad_certificates(folder / "bad", authority, now, hosts)
    wrong = next((files for fault, files in bad.items() if fault == name), None)
    return authority.certificate, wrong or authority.issue("prova", "Prova anpr", hosts)
