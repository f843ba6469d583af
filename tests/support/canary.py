# SPDX-License-Identifier: AGPL-3.0-or-later
"""Canary token: a secret that must appear nowhere, in any of the forms in which it travels."""

import base64

CANARY = "canarino&segreto-7f3"
FORMS = (
    CANARY,
    "canarino",
    base64.b64encode(CANARY.encode()).decode(),
    base64.b64encode(f"comune:{CANARY}".encode()).decode(),
    base64.b64encode(f"\0comune\0{CANARY}".encode()).decode(),
)


def assert_silent(*texts: object) -> None:
    """None of these shows the secret, in any form."""
    for text in map(str, texts):
        assert [form for form in FORMS if form in text] == []
