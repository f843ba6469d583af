# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ready settings: a destination for each server of the simulation, to paste into a site's settings."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from anpr.simulator.keys import USER, SimulatedKeys

_HEAD = """# Destinations of the simulated office (anpr simulate-centre). No office receives anything through them.
# Paste those that you want to try below `forwarding:` of your settings. Keys are made anew at each start.
"""
_AGREEMENT = {"every_s": 60, "protocol": "prova con il simulatore", "protocol_until": "2099-12-31"}


def ready_targets(
    host: str, ports: Mapping[str, int], keys: SimulatedKeys, *, has_own_envelope: bool = False
) -> dict[str, dict[str, Any]]:
    """The `target` of a destination, by what it tries: https, soap, sftp, ftps, mail; those that have a port.

    `has_own_envelope`: the profile for SOAP says itself what its requests bear.
    """
    bears: dict[str, Any] = {"content_type": "text/xml; charset=utf-8", "headers": {"SOAPAction": "InviaTransito"}}
    shown = f"[{host}]" if ":" in host else host
    tls = {"ca_file": str(keys.authority), "pins": [keys.pin]}
    mutual = {**tls, "certificate_file": str(keys.sender.certificate), "key_file": str(keys.sender.key)}
    base = f"https://{shown}:{ports.get('https')}"
    login = {"host": host, "user": USER}
    password = {"secret_file": str(keys.password_file)}
    known = str(keys.folder / "known_hosts")
    found: dict[str, dict[str, Any]] = {
        "https": {"kind": "https", "url": f"{base}/transiti/{{name}}", "content_type": "application/xml", **mutual},
        "soap": {
            "kind": "https", "url": f"{base}/soap/{{name}}", **({} if has_own_envelope else bears), **mutual,
        },
        "sftp": {
            "kind": "sftp", **login, "port": ports.get("sftp"), "path": "/", "known_hosts_file": known,
            "key_file": str(keys.sender_key),
        },
        "ftps": {"kind": "ftps", **login, "port": ports.get("ftps"), "path": "/", **password, **tls},
        "mail": {
            "kind": "smtp", **login, "port": ports.get("mail"), "sender": "transiti@comune.example.it",
            "to": ["collettore@ufficio.example.it"], **password, **tls,
        },
    }  # fmt: skip
    return {name: target for name, target in found.items() if ("https" if name == "soap" else name) in ports}


def ready_settings(
    targets: Mapping[str, Mapping[str, Any]], profiles: Mapping[str, str], excluded: Sequence[str] = ()
) -> str:
    """The section `forwarding` as YAML; `profiles` are names or paths by the same keys as `targets`.

    `excluded` are those that the profile's `transports` leave out.
    """
    destinations = [
        {"id": f"simulatore-{name}", "profile": profiles[name], "target": dict(target), **_AGREEMENT}
        for name, target in targets.items()
    ]
    text: str = yaml.dump({"forwarding": destinations}, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)
    told = f"# Not in the profile's `transports`: {', '.join(sorted(excluded))}\n" if excluded else ""
    return _HEAD + told + text


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice twice: anchors would not outlive a paste."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  the signature is yaml's
        return True


def known_hosts(host: str, port: int, keys: SimulatedKeys) -> str:
    """The line of OpenSSH's file for the office's SSH server."""
    return f"[{host}]:{port} {keys.host_public_key}\n"
