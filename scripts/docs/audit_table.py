# SPDX-License-Identifier: AGPL-3.0-or-later
"""Generates docs/audit.md from anpr/store/audit_use/catalogue.py; `make docs` writes it."""

from anpr.store.audit_use.catalogue import AUDITED

_HEAD = """# What is audited

Written by `make docs` from `anpr/store/audit_use/catalogue.py`; tests hold that against the code.

Each row of the audit has a number, a moment (UTC), who did it, the action, a reason and a case reference where there
are any, a detail (JSON), and the hash that covers all of it and the row before. `organisation` in the detail says for
whom it was done; without it, the manager. A search, a view and an export are committed before their answer is sent.

Who did it is a user of the console, a user of the operating system (`os:anna`), or the system itself (`retention`,
`maintenance`, `forward`). Settings are not changed at run time: what a process starts with is compared with its last
start, and the names of the keys that differ are a row (*settings-changed*); secrets are masked before, so that a
changed password is not told.

How rows are verified, exported, mailed and pruned: [operations.md](operations.md#the-audit).

| action | kind | recorded is | its detail may tell |
|---|---|---|---|
"""


def audit_table() -> str:
    """The whole page."""
    rows = sorted(
        (audited.kind, str(action), audited.when, ", ".join(f"`{name}`" for name in audited.details))
        for action, audited in AUDITED.items()
    )
    return _HEAD + "".join(f"| `{action}` | {kind} | {when} | {details} |\n" for kind, action, when, details in rows)
