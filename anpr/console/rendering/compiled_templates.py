# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bytecode cache of Jinja templates in memory: each is compiled once in a process, whatever its number of consoles."""

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Holds the code of every template that was asked for; a template that has changed on disk is compiled anew."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put the code into the bucket, if there is some for its name and content."""
        code = self._code.get((bucket.key, bucket.checksum))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the bucket's code."""
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()
"""Of this process."""
