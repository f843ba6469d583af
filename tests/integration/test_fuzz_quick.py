# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fuzz test in short, in this process: each mutated image is read or refused in one line."""

import json
from pathlib import Path

from click.testing import CliRunner

from anpr.cli import main
from scripts.reliability.fuzz.mutants import write_mutants

COUNT = 60


def test_each_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    names = {one.name for one in write_mutants(tmp_path, 2, COUNT)}

    result = CliRunner().invoke(main, ["read", "--format", "jsonl", "--explain", str(tmp_path)], catch_exceptions=False)

    read = [Path(json.loads(line)["file"]).name for line in result.stdout.splitlines()]
    refused = [
        Path(line.removeprefix("error: ").partition(": ")[0]).name
        for line in result.stderr.splitlines()
        if line.startswith("error: ")
    ]
    assert len(read) + len(refused) == COUNT
    assert {*read, *refused} == names
    assert len(read) > COUNT / 3
