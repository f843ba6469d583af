# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every source file names its licence at its head; what is missing is written without harm."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner, Result

from scripts.checks.spdx import LICENCE, comment_for, fault_of, main, with_comment

SPDX = f"SPDX-License-Identifier: {LICENCE}"


@pytest.mark.parametrize(
    ("path", "first_line", "comment"),
    [
        ("anpr/runtime/clock.py", '"""Now."""', f"# {SPDX}"),
        ("config/demo.yaml", "a: 1", f"# {SPDX}"),
        ("anpr/store/sql/users.sql", "-- name: create", f"-- {SPDX}"),
        ("anpr/console/static/console.css", ":root {}", f"/* {SPDX} */"),
        ("anpr/console/static/console.js", '"use strict";', f"/* {SPDX} */"),
        ("anpr/console/templates/base.html", "<!doctype html>", f"{{# {SPDX} #}}"),
        ("docs/page.html", "<!doctype html>", f"<!-- {SPDX} -->"),
        ("tests/services/pom.xml", "<project>", f"<!-- {SPDX} -->"),
        ("scripts/check", "#!/usr/bin/env bash", f"# {SPDX}"),
        ("Dockerfile", "FROM debian", f"# {SPDX}"),
        ("LICENSE", "GNU AFFERO", None),
        ("anpr/py.typed", "", None),
        ("docs/transit.schema.json", "{", None),
        ("anpr/console/static/vendor/htmx.min.js", "var htmx", None),
        ("anpr/store/migrations/0001_first.sql", "-- The first schema", None),
        ("tests/unit/forward/golden/scntt-example.xml", "<a>", None),
    ],
)
def test_each_kind_of_file_has_its_own_comment(path: str, first_line: str, comment: str | None) -> None:
    assert comment_for(PurePosixPath(path), first_line) == comment


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n", f"# {SPDX}\nimport os\n"),
        ("#!/usr/bin/env bash\n# What.\n", f"#!/usr/bin/env bash\n# {SPDX}\n# What.\n"),
        ("#!/bin/sh", f"#!/bin/sh\n# {SPDX}\n"),
        ("# syntax=docker/dockerfile:1\nFROM a\n", f"# syntax=docker/dockerfile:1\n# {SPDX}\nFROM a\n"),
    ],
)
def test_it_is_written_below_what_must_be_first(before: str, after: str) -> None:
    assert fault_of(before, f"# {SPDX}") == "names no licence at its head"
    assert with_comment(before, f"# {SPDX}") == after
    assert fault_of(after, f"# {SPDX}") is None


def test_another_licence_or_another_place_is_a_fault() -> None:
    other = "# SPDX-License-Identifier: MIT\n"
    assert fault_of(other, f"# {SPDX}") == "names its licence in another way: # SPDX-License-Identifier: MIT"
    assert fault_of(f'"""What."""\n# {SPDX}\n', f"# {SPDX}") is not None


def check(root: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [*options, str(root)])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one file of each fate."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    (tmp_path / "ignored.py").write_text("a = 1\n")
    (tmp_path / "module.py").write_bytes(b'"""What."""\r\n')
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "data.json").write_text("{}")
    (tmp_path / "link.py").symlink_to("module.py")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_first.sql").write_text("SELECT 1;\n")
    return tmp_path


def test_what_is_missing_is_named_then_written_once(checkout: Path) -> None:
    first = check(checkout)
    assert first.exit_code == 1
    assert "module.py: names no licence at its head" in first.output
    assert len(first.output.splitlines()) == 2
    assert check(checkout, "--fix").exit_code == 0
    written = (checkout / "module.py").read_bytes()
    assert written == f"# {SPDX}\n".encode() + b'"""What."""\r\n'
    assert check(checkout, "--fix").exit_code == 0
    assert (checkout / "module.py").read_bytes() == written
    assert (checkout / "migrations" / "0001_first.sql").read_text() == "SELECT 1;\n"
    assert (checkout / "ignored.py").read_text() == "a = 1\n"


def test_another_licence_is_left_for_a_person_to_decide(checkout: Path) -> None:
    (checkout / "module.py").write_text("# SPDX-License-Identifier: MIT\n")
    result = check(checkout, "--fix")
    assert result.exit_code == 1
    assert "module.py: names its licence in another way" in result.output
    assert (checkout / "module.py").read_text() == "# SPDX-License-Identifier: MIT\n"
