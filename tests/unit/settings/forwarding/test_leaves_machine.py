# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which targets are another machine: there stages have teeth."""

from typing import Any

import pytest
from pydantic import ValidationError

from anpr.settings import DestinationSettings

LOGIN: dict[str, Any] = {"user": "u", "secret_file": "s"}
MAIL: dict[str, Any] = {"kind": "smtp", "sender": "a@b.example", "to": ["c@d.example"], **LOGIN}


def destination(target: dict[str, Any], **keys: Any) -> DestinationSettings:
    values = {"id": "q", "profile": "p", "target": target, "protocol": "1", "protocol_until": "2030-01-01", **keys}
    return DestinationSettings.model_validate(values)


@pytest.mark.parametrize(
    ("target", "leaves"),
    [
        ({"kind": "directory", "path": "/srv"}, False),
        ({"kind": "sftp", "host": "127.0.0.1", "known_hosts_file": "k", **LOGIN}, False),
        ({"kind": "sftp", "host": "10.0.0.1", "known_hosts_file": "k", **LOGIN}, True),
        ({"kind": "ftps", "host": "localhost", **LOGIN}, False),
        ({"kind": "ftps", "host": "collettore.example", **LOGIN}, True),
        ({"kind": "https", "url": "https://localhost:8443/in"}, False),
        ({"kind": "https", "url": "https://[::1]:8443/in"}, False),
        ({"kind": "https", "url": "https://localhost.example/in"}, True),
        ({**MAIL, "host": "127.0.0.1", "port": 2525}, False),
        ({**MAIL, "host": "127.0.0.1", "port": 587}, True),
        ({**MAIL, "host": "posta.example"}, True),
    ],
    ids=lambda value: "" if isinstance(value, bool) else str(value.get("host") or value.get("url") or "folder"),
)
def test_a_server_on_this_machine_is_a_trial_and_one_that_passes_mail_on_is_not(
    target: dict[str, Any], leaves: bool
) -> None:
    assert destination(target).target.leaves_machine is leaves


def test_live_goes_beside_the_nightly_run_only() -> None:
    folder = {"kind": "directory", "path": "/srv"}
    assert destination(folder, live=True).live_wait_s == 1.0
    with pytest.raises(ValidationError, match="live goes with at"):
        destination(folder, live=True, every_s=5)
    with pytest.raises(ValidationError, match="despite_stage"):
        destination(folder, despite_stage={"reason": " ", "until": "2030-01-01"})
