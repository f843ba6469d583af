# SPDX-License-Identifier: AGPL-3.0-or-later
"""A destination's target has the keys of its kind; the older flat form means the same; errors name the key."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from anpr.domain.errors import SettingsError
from anpr.settings import DestinationSettings, DirectoryTarget, SftpTarget, load_settings
from anpr.settings.forwarding.flat_form import EXPECTED
from anpr.settings.forwarding.targets import TARGETS, TRANSPORT_KINDS

KEYS: dict[str, Any] = {
    "kind": "sftp",
    "host": "collettore.example",
    "user": "comune",
    "path": "/transiti",
    "known_hosts_file": "/etc/anpr/known_hosts",
    "key_file": "/etc/anpr/key",
}
WEB: dict[str, Any] = {"kind": "https", "url": "https://collettore.example/transiti"}
FLAT = {
    "target": "sftp://comune@collettore.example/transiti",
    "known_hosts_file": "/etc/anpr/known_hosts",
    "key_file": "/etc/anpr/key",
}


def tree(**changes: Any) -> dict[str, Any]:
    base = {"id": "questura", "profile": "scntt-example", "protocol": "12/2026", "protocol_until": date(2030, 1, 1)}
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def test_each_kind_has_its_own_class_in_a_module_of_its_name() -> None:
    kinds = dict(zip(TRANSPORT_KINDS, TARGETS, strict=True))
    assert kinds["directory"] is DirectoryTarget
    assert kinds["sftp"] is SftpTarget
    assert {kind: target.__module__ for kind, target in kinds.items()} == {
        kind: f"anpr.settings.forwarding.{kind}" for kind in kinds
    }


@pytest.mark.parametrize(
    ("flat", "nested", "address"),
    [
        ({"target": "directory:/srv/forward"}, {"kind": "directory", "path": "/srv/forward"}, "directory:/srv/forward"),
        (FLAT, KEYS, "sftp://comune@collettore.example:22/transiti"),
        (
            {**FLAT, "target": "sftp://il%20comune@h:2222", "key_file": None, "secret_file": "/s"},
            {
                **KEYS,
                "user": "il comune",
                "host": "h",
                "port": 2222,
                "path": ".",
                "key_file": None,
                "secret_file": "/s",
            },
            "sftp://il comune@h:2222/.",
        ),
    ],
)
def test_the_flat_form_means_the_same(flat: dict[str, Any], nested: dict[str, Any], address: str) -> None:
    old = DestinationSettings.model_validate(tree(**flat))
    assert old == DestinationSettings.model_validate(tree(target=nested))
    assert old.target.address == address


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"target": {"kind": "pigeon"}}, "forwarding.0.target: "),
        ({"target": {"path": "/srv"}}, "forwarding.0.target: "),
        ({"target": {"kind": "directory"}}, "forwarding.0.target.path: is needed"),
        ({"target": {"kind": "directory", "path": "/srv", "host": "h"}}, "forwarding.0.target.host: no such setting"),
        ({"target": {**KEYS, "port": 0}}, "forwarding.0.target.port: "),
        ({"target": {**KEYS, "key_file": None}}, "forwarding.0.target: sftp needs secret_file or key_file"),
        ({"target": {**KEYS, "key_env": "KEY"}}, "forwarding.0.target: needs either key_file or key_env"),
        ({"target": {**KEYS, "secret_env": "not a name"}}, "forwarding.0.target.secret_env: "),
        (
            {"target": {**KEYS, "password_file": "/p", "password_env": "P"}},
            "forwarding.0.target: needs either password",
        ),
        (
            {"target": {**KEYS, "key_file": None, "secret_file": "/s", "password_env": "P"}},
            "forwarding.0.target: a passw",
        ),
        ({"target": {**WEB, "url": "http://h/x"}}, "forwarding.0.target.url: "),
        ({"target": {**WEB, "url": "https://u:hunter2@h/x"}}, "forwarding.0.target.url: expected https://HOST/PATH"),
        ({"target": {**WEB, "url": "https://{name}/x"}}, "forwarding.0.target.url: "),
        ({"target": {**WEB, "url": "https://h/{plate}"}}, "forwarding.0.target.url: no placeholder {plate}"),
        ({"target": {**WEB, "headers": {"Host": "x"}}}, "forwarding.0.target.headers: Host is set by what is sent"),
        ({"target": {**WEB, "headers": {"X-A": "a\r\nX-B: b"}}}, "forwarding.0.target.headers: X-A: a header's value"),
        ({"target": {**WEB, "headers": {"X-A": "{"}}}, "forwarding.0.target.headers: a brace without"),
        ({"target": {**WEB, "auth": "bearer"}}, "forwarding.0.target: auth basic, bearer or header go with"),
        ({"target": {**WEB, "secret_file": "/s"}}, "forwarding.0.target: auth basic, bearer or header go with"),
        ({"target": {**WEB, "auth": "basic", "secret_file": "/s"}}, "forwarding.0.target: user goes with auth: basic"),
        ({"target": {**WEB, "pins": ["abc"]}}, "forwarding.0.target.pins.0: expected the SHA-256"),
        ({"target": {**WEB, "certificate_file": "/c"}}, "forwarding.0.target: certificate_file and key_file go"),
        ({"target": KEYS, "key_file": "/etc/anpr/key"}, "forwarding.0.key_file: no such setting"),
        ({**FLAT, "known_hosts_file": None}, "forwarding.0.known_hosts_file: is needed"),
        ({**FLAT, "key_file": None}, "forwarding.0: sftp needs secret_file or key_file"),
        ({"target": "directory:"}, f"forwarding.0.target: {EXPECTED}"),
        ({"target": "ftp://host/path"}, f"forwarding.0.target: {EXPECTED}"),
        ({"target": "sftp://host/path"}, f"forwarding.0.target: {EXPECTED}"),
        ({"target": "sftp://u@host:port/"}, "forwarding.0.target: the port is no number"),
        ({"target": "sftp://u:hunt/er2@host/"}, "forwarding.0.target: a #, / or ? before the @"),
        ({"target": "sftp://u:@host/"}, "forwarding.0.target: a password in the target would be shown"),
        ({"target": {**KEYS, "host": "u:hunter2@host"}}, "forwarding.0.target.host: expected the server's name"),
        ({"target": "sftp://u:hunter2@host/"}, "forwarding.0.target: a password in the target would be shown"),
        ({}, "forwarding.0.target: is needed"),
    ],
)
def test_a_wrong_target_names_its_key_and_the_destination(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = tmp_path / "site.yaml"
    if isinstance(target := changes.get("target"), dict):
        changes = {**changes, "target": {name: value for name, value in target.items() if value is not None}}
    path.write_text(yaml.safe_dump({"forwarding": [tree(**changes)]}), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert str(caught.value).startswith(f"file {path}: {told}")
    assert "(destination questura)" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(ValidationError):
        DestinationSettings.model_validate("directory:/srv")
