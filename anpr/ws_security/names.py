# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names of WS-Security 1.1 (OASIS): namespaces, types, and the ids of the parts of our messages."""

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = f"{_OASIS}wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}wssecurity-utility-1.0.xsd"
BASE64 = f"{_OASIS}soap-message-security-1.0#Base64Binary"
X509 = f"{_OASIS}x509-token-profile-1.0#X509v3"
PASSWORD_TYPES = {
    "text": f"{_OASIS}username-token-profile-1.0#PasswordText",
    "digest": f"{_OASIS}username-token-profile-1.0#PasswordDigest",
}
IDS = {"body": "anpr-body", "timestamp": "anpr-timestamp", "username-token": "anpr-user", "certificate": "anpr-token"}
"""`wsu:Id` of each part that a signature may cover."""
