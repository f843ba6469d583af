# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of the mail server: what contradicts itself is named."""

from typing import Any

import pytest
from pydantic import ValidationError

from anpr.settings import Settings

SERVER = {"host": "mail.example.it", "sender": "anpr@example.it"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mail": {"host": "mail.example.it"}}, "sender"),
        ({"mail": {**SERVER, "user": "anpr"}}, "go together"),
        ({"mail": {**SERVER, "secret_file": "x"}}, "go together"),
        ({"mail": {**SERVER, "user": "a", "secret_file": "x", "secret_env": "Y"}}, "not both"),
        ({"mail": {**SERVER, "security": "none"}}, "starttls"),
        ({"mail": {**SERVER, "sender": "Polizia <a@b.it>"}}, "expected one address"),
        ({"mail": SERVER, "audit": {"mail_to": ["dpo@example.it, other@example.it"]}}, "expected one address"),
        ({"mail": SERVER, "audit": {"mail_to": ["dpo@example.it\nBcc: x@example.it"]}}, "expected one address"),
        ({"audit": {"mail_to": ["dpo@example.it"]}}, "audit.mail_to: needs mail.host"),
        ({"audit": {"prune_after_days": 182}}, "183"),
    ],
)
def test_what_contradicts_itself_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate(values)


def test_a_server_with_addresses_is_taken_and_nothing_is_needed_by_default() -> None:
    assert Settings.model_validate({}).audit.mail_to == ()
    settings = Settings.model_validate({"mail": SERVER, "audit": {"mail_to": ["dpo@example.it"]}})
    assert (settings.mail.port, settings.mail.security) == (587, "starttls")
