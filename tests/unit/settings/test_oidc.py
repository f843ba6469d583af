# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path
from typing import Any

import pytest
import yaml

from anpr.domain.errors import SettingsError
from anpr.settings import ConsoleSettings, load_settings

OIDC: dict[str, Any] = {
    "name": "SSO",
    "issuer": "https://sso.example.it",
    "client_id": "anpr",
    "groups": [{"group": "operatori", "role": "operator"}],
}


def fault(tmp_path: Path, oidc: dict[str, Any], **console: Any) -> str:
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump({"console": {"oidc": oidc, **console}}))
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"issuer": "http://sso.example.it"}, "https://"),
        ({"issuer": "https://u:p@sso.example.it"}, "without user"),
        ({"issuer": "https://sso.example.it?x=1"}, "without user"),
        ({"groups": []}, "groups"),
        ({"groups": [{"group": "a", "role": "boss"}]}, "role"),
        ({"groups": [{"group": "a", "role": "dpo"}, {"group": "a", "role": "auditor"}]}, "twice"),
        ({"secret_file": "a", "secret_env": "B"}, "not both"),
        ({"client_secret": "in the clear"}, "client_secret"),
        ({"scopes": ["openid profile"]}, "blanks"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    said = fault(tmp_path, {**OIDC, **wrong})
    assert "console.oidc" in said
    assert told in said
    assert "in the clear" not in said


def test_the_scope_openid_is_always_asked_for() -> None:
    settings = ConsoleSettings(oidc={**OIDC, "scopes": ["email"]})  # type: ignore[arg-type]  # pydantic makes it one
    assert settings.oidc is not None
    assert settings.oidc.scopes == ("openid", "email")


def test_the_console_needs_names_that_the_provider_can_lead_back_to(tmp_path: Path) -> None:
    assert "console.names" in fault(tmp_path, OIDC, host="0.0.0.0", insecure=True)
    assert "console.names" in fault(tmp_path, OIDC, trusted_proxies=["10.0.0.1"])
    settings = ConsoleSettings(oidc=OIDC, insecure=True)  # type: ignore[arg-type]  # pydantic makes it one
    with pytest.raises(SettingsError, match=r"console\.names"):
        settings.refuse_exposed("0.0.0.0")
    named = ConsoleSettings(oidc=OIDC, insecure=True, names=("c.example.it",))  # type: ignore[arg-type]
    named.refuse_exposed("0.0.0.0")
