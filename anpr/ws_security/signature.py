# SPDX-License-Identifier: AGPL-3.0-or-later
"""X.509 signature of messages (XML Signature, detached, exclusive canonical form), by signxml.

signxml and lxml are of the extra `soap`: they are imported when a signature is configured, and never otherwise.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from anpr.domain.errors import ForwardError, SettingsError
from anpr.runtime.certificate import check_valid_today
from anpr.settings.forwarding.ws_security import WsSecuritySettings
from anpr.ws_security.libraries import DS, load_libraries, read_tree
from anpr.ws_security.names import IDS, WSSE, WSU, X509


class Signature:
    """Our key and certificate; the key is in no `repr`."""

    def __init__(self, key: RSAPrivateKey | EllipticCurvePrivateKey, certificate: bytes, libraries: Any) -> None:
        self.certificate = certificate
        """DER."""
        self._key = key
        self._signxml = libraries.signxml
        self._etree = libraries.etree

    def signed(self, envelope: bytes, parts: Sequence[str]) -> bytes:
        """The envelope with a signature at the end of its Security header, over these parts of it."""
        root = read_tree(self._etree, envelope, is_large=True)
        security = root.find(f"*/{{{WSSE}}}Security")
        present = {element.get(f"{{{WSU}}}Id") for element in root.iter() if element.get(f"{{{WSU}}}Id")}
        uris = [f"#{IDS[part]}" for part in parts if IDS[part] in present]
        security.append(self._signature(root, uris))
        written: bytes = self._etree.tostring(root, xml_declaration=True, encoding="utf-8")
        return written

    def _signature(self, root: Any, uris: list[str]) -> Any:
        signxml = self._signxml
        is_rsa = isinstance(self._key, RSAPrivateKey)
        method = signxml.SignatureMethod.RSA_SHA256 if is_rsa else signxml.SignatureMethod.ECDSA_SHA256
        signer = signxml.XMLSigner(
            method=signxml.methods.detached,
            signature_algorithm=method,
            digest_algorithm=signxml.DigestAlgorithm.SHA256,
            c14n_algorithm=signxml.CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        return signer.sign(root, key=self._key, reference_uri=uris, id_attribute="Id", key_info=self._key_info())

    def _key_info(self) -> Any:
        spaces = {"ds": DS, "wsse": WSSE}
        info = self._etree.Element(f"{{{DS}}}KeyInfo", nsmap=spaces)
        reference = self._etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference")
        self._etree.SubElement(reference, f"{{{WSSE}}}Reference", URI=f"#{IDS['certificate']}", ValueType=X509)
        return info


def open_signature(settings: WsSecuritySettings, where: str) -> Signature | None:
    """With key and certificate read now; None when none are named. Raises ForwardError (permanent)."""
    if settings.certificate_file is None or settings.key_file is None:
        return None
    key_name = f"{where}.certificate_file"
    libraries = load_libraries(key_name)
    try:
        check_valid_today(settings.certificate_file, settings.key_file)
        certificate = x509.load_pem_x509_certificate(Path(settings.certificate_file).read_bytes())
        key = load_pem_private_key(Path(settings.key_file).read_bytes(), password=None)
    except (SettingsError, OSError, ValueError, TypeError) as exc:
        why = getattr(exc, "strerror", None) or exc
        raise ForwardError(f"{key_name}: {why}", permanent=True) from exc
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ForwardError(f"{where}.key_file: {settings.key_file}: neither an RSA nor an EC key", permanent=True)
    return Signature(key, certificate.public_bytes(Encoding.DER), libraries)
