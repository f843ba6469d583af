# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parser of the `kafka-acls.sh` commands in docs/hardening.md: gives kafka-python's ACLs."""

import argparse
import shlex

from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType


def parse_acls(text: str) -> list[ACL]:
    """Return one ACL for each `kafka-acls.sh --add` line."""
    return [_acl(line) for line in text.splitlines() if line.startswith("kafka-acls.sh --add")]


def _acl(line: str) -> ACL:
    parser = argparse.ArgumentParser(exit_on_error=False)
    for name in ("--allow-principal", "--operation"):
        parser.add_argument(name, required=True)
    parser.add_argument("--add", action="store_true", required=True)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--topic")
    kind.add_argument("--group")
    parser.add_argument("--resource-pattern-type", default="literal")
    given = parser.parse_args(shlex.split(line)[1:])
    return ACL(
        principal=given.allow_principal,
        host="*",
        operation=ACLOperation[given.operation.upper()],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(
            ResourceType.TOPIC if given.topic else ResourceType.GROUP,
            given.topic or given.group,
            ACLResourcePatternType[given.resource_pattern_type.upper()],
        ),
    )
