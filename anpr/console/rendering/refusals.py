# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals in the page's language: texts that other processes stored in English, by patterns.

Retention, the mail client and readers say why they refuse in the log's language, and what they said is shown on pages.
A test holds the patterns against the places that raise. What none fits is told as a technical detail.
"""

import re
from collections.abc import Mapping

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(pattern, re.DOTALL))
    for key, pattern in (
        (
            "retention_quiet",
            r"retention refuses to drop (?P<days>\S+) days: the last transit or reader's report is of (?P<last>.+?),"
            r" and the clock says (?P<now>[^;]+); .*",
        ),
        (
            "retention_many",
            r"retention refuses to drop (?P<days>\S+) days.*? at once \((?P<first>\S+) to (?P<until>[^)]+)\): since its"
            r" last run (?P<lived>\S+) days had transits; .*",
        ),
        ("mail_no_server", r"mail\.host: no mail server is set"),
        ("mail_secret", r"mail\.(?:secret_env|secret_file): .*"),
        ("mail_ascii", r"mail\.user: a login has letters of ASCII only.*"),
        ("mail_certificates", r"mail\.ca_file: .*"),
        ("mail_login", r"(?P<server>mail server \S+): refuses the login of mail\.user \((?P<code>\d+)\)"),
        ("mail_refuses", r"(?P<server>mail server \S+): refuses (?P<address>\S+): (?P<said>.*)"),
        ("mail_certificate", r"(?P<server>mail server \S+): its certificate is refused: (?P<said>.*)"),
        ("mail_other", r"(?P<server>mail server \S+): (?P<said>.*)"),
        ("plan_again", r"version (?P<version>\S+) came again with other gates than those that run"),
        ("plan_older", r"version (?P<version>\S+) is older than (?P<runs>\S+), which runs; .*"),
        ("plan_twice", r"gate (?P<gate>\S+): camera (?P<camera>\S+): gate (?P<other>\S+) has it too"),
        ("unsigned", r"unsigned: .*"),
        ("wrong_signature", r"wrong-signature: .*"),
        ("purpose_gone", r"gate \S+: retention_purpose: retention\.purposes has no id '?(?P<purpose>[^';]+)'?(?:;.*)?"),
        ("no_version", r"gate \S+: no version (?P<version>\S+)"),
        ("camera_taken", r"gate \S+: camera (?P<camera>\S+): another gate has a camera with this id"),
        ("gate_taken", r"gate (?P<gate>\S+?):? (?:there is one with this id|belongs to another organisation)"),
        ("reason_needed", r"gate \S+: a reason is needed; .*"),
        ("not_here", r"gate (?P<gate>\S+): no version of it here; .*"),
    )
)


class Refusal(str):
    """A value of a message that is such a text: it is told in the message's language."""

    __slots__ = ()


_OF_COPY = re.compile(r"its copy: (?P<path>.+?): (?P<why>.*)", re.DOTALL)


def refusal_key(text: str) -> tuple[str, Mapping[str, str]]:
    """The message's key below `refusal`, and its values; `other` for a text that no pattern fits."""
    copy = _OF_COPY.fullmatch(text)
    if copy is not None:
        return "copy", {"path": copy["path"], "why": copy["why"]}
    for key, pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return key, found.groupdict(default="")
    return "other", {"detail": text}
