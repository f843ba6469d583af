# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mail on the wire: what it says, that nobody answers it by itself, and that no header can be smuggled in."""

from email import message_from_bytes
from email.policy import default

import pytest

from anpr.mail.message import Mail, on_the_wire
from scripts.lab.transits import START


def test_a_mail_has_its_headers_and_its_text() -> None:
    mail = Mail(to="dpo@example.it", subject="Impronta – città", text="perché\n")
    message = message_from_bytes(on_the_wire(mail, "anpr@example.it", START).as_bytes(), policy=default)
    assert (message["From"], message["To"], message["Subject"]) == ("anpr@example.it", mail.to, mail.subject)
    assert message["Date"].datetime == START
    assert message["Message-ID"].endswith("@example.it>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == "perché"


@pytest.mark.parametrize("field", ["to", "subject"])
def test_a_line_end_in_a_header_is_refused(field: str) -> None:
    values = {"to": "dpo@example.it", "subject": "x", "text": "y", field: "x\r\nBcc: other@example.it"}
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        on_the_wire(Mail(**values), "anpr@example.it", START)
