# SPDX-License-Identifier: AGPL-3.0-or-later
"""Libraries of the extra `soap`, loaded when they are needed, and the safe reading of XML by lxml."""

import logging
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from anpr.domain.errors import ForwardError

DS = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True)
class Libraries:
    """signxml and lxml.etree, both as modules."""

    signxml: Any
    etree: Any


def load_libraries(key: str) -> Libraries:
    """Both. Raises ForwardError (permanent) naming the settings' `key` that needs them, and the extra."""
    try:
        signxml, etree = import_module("signxml"), import_module("lxml.etree")
    except ImportError as exc:
        told = f"{key}: signatures need the extra soap, which is not installed: pip install 'anpr[soap]'"
        raise ForwardError(told, permanent=True) from exc
    # At debug it writes what it signs: plates, and the password of a token that is signed.
    logging.getLogger("signxml").setLevel(logging.INFO)
    return Libraries(signxml, etree)


def read_tree(etree: Any, data: bytes, *, is_large: bool = False) -> Any:
    """The root element; no entity is resolved, nothing is fetched. Raises ValueError when it is no XML.

    With `is_large` texts of more than 10 MB are read, which images and lists may be.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=is_large)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise ValueError(f"no XML: line {exc.lineno}") from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type (DOCTYPE) is not read, as it may define entities")
    return root
