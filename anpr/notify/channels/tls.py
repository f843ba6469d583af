# SPDX-License-Identifier: AGPL-3.0-or-later
"""TLS of channels: verified by the system's certificates, or by those of the site instead."""

import ssl

from anpr.domain.errors import SettingsError


def tls_context(ca_file: str | None, key: str) -> ssl.SSLContext:
    """A context that verifies. `key`: of the setting that names the file. Raises SettingsError."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as exc:
        raise SettingsError(f"{key}: {ca_file}: {exc.strerror or exc}") from exc
