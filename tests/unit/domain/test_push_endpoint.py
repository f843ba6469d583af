# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses that a browser may name for its device, and those that it may not."""

import pytest

from anpr.domain.errors import InputError
from anpr.domain.push_endpoint import push_endpoint


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", "https://fcm.googleapis.com"),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAA", "https://updates.push.services.mozilla.com"),
        ("https://web.push.apple.com/QK4?x=1", "https://web.push.apple.com"),
        ("https://FCM.googleapis.com:443/x", "https://fcm.googleapis.com"),
    ],
)
def test_addresses_of_services_are_taken(url: str, origin: str) -> None:
    assert push_endpoint(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#y",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/x",
        "https://postgres/x",
        "https://db.internal/x",
        "https://printer.local/x",
        "https://fcm.googleapis.com/ x",
        "https://fcm.googleapis.com/é",
        "https://fcm.googleapis.com/" + "x" * 2000,
        "https://fcm.googleapis.com:99999/x",
        "ftp://fcm.googleapis.com/x",
    ],
)
def test_addresses_within_networks_and_odd_ones_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="push address"):
        push_endpoint(url)


def test_a_service_of_ones_own_is_named_by_the_site() -> None:
    own = push_endpoint("https://push.lan:8443/x", private_hosts=("push.lan",))
    assert (own.host, own.port, own.origin) == ("push.lan", 8443, "https://push.lan:8443")
    with pytest.raises(InputError):
        push_endpoint("https://other.lan:8443/x", private_hosts=("push.lan",))
