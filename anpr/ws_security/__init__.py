# SPDX-License-Identifier: AGPL-3.0-or-later
"""WS-Security 1.1 of SOAP messages: Timestamp, UsernameToken, X.509 signature, and the signature of replies."""

from anpr.ws_security.security import Security, open_security

__all__ = ["Security", "open_security"]
