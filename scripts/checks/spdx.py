# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every source file names its licence at its head, as an SPDX identifier; `--fix` writes what is missing.

    python -m scripts.checks.spdx [--fix] [ROOT]

The identifier stands in the first line, or below a line that a program needs to be first (`#!`, `<?xml`, `# syntax=`).
Looked at are the files git knows or would add. Left alone: what has no comments (JSON, CSV), what is generated or is
somebody else's, and migrations: the database keeps the SHA-256 of each one's text, and a migration whose text was
changed after it was applied is refused (`anpr/store/database/migrate.py`).
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import click

from scripts.repository import REPOSITORY

LICENCE = "AGPL-3.0-or-later"
_MARK = "SPDX-License-Identifier:"
_HASH, _DASHES, _STARS, _JINJA, _MARKUP = "# {}", "-- {}", "/* {} */", "{{# {} #}}", "<!-- {} -->"
_BY_SUFFIX = {
    ".py": _HASH,
    ".sh": _HASH,
    ".yaml": _HASH,
    ".yml": _HASH,
    ".toml": _HASH,
    ".sql": _DASHES,
    ".css": _STARS,
    ".js": _STARS,
    ".html": _MARKUP,
    ".xml": _MARKUP,
}
_BY_NAME = {"Dockerfile": _HASH, "Makefile": _HASH}
_NOT_OURS_OR_NOT_SOURCE = frozenset({"vendor", "migrations", "golden", "samples"})
_MUST_BE_FIRST = re.compile(r"#!|<\?xml|# syntax=|# -\*- coding")


def comment_for(path: PurePosixPath, first_line: str) -> str | None:
    """The line that names the licence in a file of this kind; None for a file that needs none."""
    if _NOT_OURS_OR_NOT_SOURCE & set(path.parts[:-1]):
        return None
    form = _BY_NAME.get(path.name) or _BY_SUFFIX.get(path.suffix)
    if path.suffix == ".html" and "templates" in path.parts:
        form = _JINJA  # not sent to browsers, and a page still begins with its doctype
    if form is None and not path.suffix and first_line.startswith("#!"):
        form = _HASH
    return form.format(f"{_MARK} {LICENCE}") if form else None


def fault_of(text: str, comment: str) -> str | None:
    """What is wrong with the head of a file; None when it begins with `comment`."""
    head = text.split("\n", 2)
    place = 1 if _MUST_BE_FIRST.match(head[0]) else 0
    if head[place : place + 1] == [comment]:
        return None
    named = next((line for line in text.split("\n")[:5] if _MARK in line), None)
    return f"names its licence in another way: {named.strip()}" if named else "names no licence at its head"


def with_comment(text: str, comment: str) -> str:
    """The text with the comment at its head, below what must be first."""
    if not _MUST_BE_FIRST.match(text):
        return f"{comment}\n{text}"
    first, _, rest = text.partition("\n")
    return f"{first}\n{comment}\n{rest}"


def source_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Each file that must name its licence, with the line it must carry. An empty file needs none: it holds no work."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    for name in sorted({name for name in listed.stdout.split("\0") if name}):
        path = root / name
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            first_line = file.readline(200).decode("utf-8", errors="replace")
        comment = comment_for(PurePosixPath(name), first_line)
        if comment and first_line:
            yield path, comment


@click.command()
@click.option("--fix", is_flag=True, help="Write the missing identifiers; run the formatter afterwards.")
@click.argument("root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=REPOSITORY)
def main(fix: bool, root: Path) -> None:
    """Check that every source file below ROOT (this repository) names its licence at its head."""
    seen, faults, fixed = 0, [], 0
    for path, comment in source_files(root):
        seen += 1
        text = path.read_bytes().decode("utf-8")  # bytes, so that line ends stay as they are
        fault = fault_of(text, comment)
        if fault and fix and _MARK not in "".join(text.splitlines(keepends=True)[:5]):
            path.write_bytes(with_comment(text, comment).encode("utf-8"))
            fixed += 1
        elif fault:
            faults.append(f"{path.relative_to(root)}: {fault}; wanted: {comment}")
    for line in faults:
        click.echo(line, err=True)
    click.echo(f"spdx: {seen} source files, {fixed} written, {len(faults)} at fault", err=bool(faults))
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
