# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a SOAP service makes of a message: its parts, who sent it, and what is signed.

It is written against the OASIS and W3C texts, without the library that signs; canonical forms are those of libxml2.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from lxml import etree

from scripts.lab.http_receiver import Received

SPACES = {
    "s11": "http://schemas.xmlsoap.org/soap/envelope/",
    "s12": "http://www.w3.org/2003/05/soap-envelope",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
_VERSIONS = {"1.1": "s11", "1.2": "s12"}


@dataclass
class Message:
    """One envelope that came, read by the standard library's parser."""

    asked: Received
    root: ElementTree.Element = field(init=False)

    def __post_init__(self) -> None:
        self.root = ElementTree.fromstring(self.asked.body)

    def all(self, path: str, **spaces: str) -> list[ElementTree.Element]:
        """Elements at this path below the envelope."""
        return self.root.findall(path, {**SPACES, **spaces})

    def text(self, path: str) -> str:
        """The text of the one element there."""
        (found,) = self.all(path)
        return found.text or ""

    @property
    def version(self) -> str:
        """1.1 or 1.2, by the namespace of the envelope."""
        return next(number for number, key in _VERSIONS.items() if self.root.tag == f"{{{SPACES[key]}}}Envelope")

    @property
    def body(self) -> ElementTree.Element:
        """The one element of the Body."""
        (body,) = self.all(f"{_VERSIONS[self.version]}:Body")
        (document,) = body
        return document

    def is_from(self, user: str, password: str) -> bool:
        """Whether the UsernameToken is of this user with this password."""
        shown, kind = self.text(".//wsse:Password"), self.all(".//wsse:Password")[0].attrib["Type"]
        if kind.endswith("#PasswordText"):
            return (self.text(".//wsse:Username"), shown) == (user, password)
        nonce = base64.b64decode(self.text(".//wsse:Nonce"))
        created = self.text(".//wsse:UsernameToken/wsu:Created")
        digest = hashlib.sha1(nonce + created.encode() + password.encode()).digest()
        return (self.text(".//wsse:Username"), shown) == (user, base64.b64encode(digest).decode())

    def signed_parts(self, certificate: Path) -> set[str]:
        """Local names of the elements that this certificate's key has signed. Raises InvalidSignature."""
        return verify(self.asked.body, x509.load_pem_x509_certificate(certificate.read_bytes()))


def verify(message: bytes, certificate: x509.Certificate) -> set[str]:
    """As `Message.signed_parts`; of RSA and EC with SHA-256, and exclusive canonical form."""
    root = etree.fromstring(message)
    (signature,) = root.findall(".//ds:Signature", SPACES)
    info = signature.find("ds:SignedInfo", SPACES)
    value = base64.b64decode(signature.findtext("ds:SignatureValue", namespaces=SPACES))
    _verify_value(certificate.public_key(), value, _canonical(info))
    covered = set()
    for reference in info.findall("ds:Reference", SPACES):
        (part,) = root.xpath("//*[@wsu:Id = $id]", namespaces=SPACES, id=reference.get("URI")[1:])
        digest = base64.b64decode(reference.findtext("ds:DigestValue", namespaces=SPACES))
        if digest != hashlib.sha256(_canonical(part)).digest():
            raise InvalidSignature(part.tag)
        covered.add(etree.QName(part).localname)
    return covered


def _verify_value(key: Any, value: bytes, data: bytes) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(value, data, padding.PKCS1v15(), hashes.SHA256())
        return
    assert isinstance(key, ec.EllipticCurvePublicKey)
    half = len(value) // 2
    numbers = (int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big"))
    key.verify(utils.encode_dss_signature(*numbers), data, ec.ECDSA(hashes.SHA256()))


def _canonical(element: Any) -> bytes:
    data: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    return data


def envelope(body: str, version: str = "1.1") -> bytes:
    """An envelope of a service, with this in its Body."""
    space = SPACES[_VERSIONS[version]]
    return f'<e:Envelope xmlns:e="{space}"><e:Header/><e:Body>{body}</e:Body></e:Envelope>'.encode()


def fault(code: str, text: str = "perché no", version: str = "1.1", subcode: str = "") -> bytes:
    """The envelope of a fault; `code` and `subcode` with the prefix that the service gives them."""
    if version == "1.1":
        return envelope(f"<e:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></e:Fault>")
    below = f"<e:Subcode><e:Value>{subcode}</e:Value></e:Subcode>" if subcode else ""
    reason = f'<e:Reason><e:Text xml:lang="it">{text}</e:Text><e:Text xml:lang="en">no</e:Text></e:Reason>'
    return envelope(f"<e:Fault><e:Code><e:Value>{code}</e:Value>{below}</e:Code>{reason}</e:Fault>", "1.2")
