# SPDX-License-Identifier: AGPL-3.0-or-later
"""Third-party files of the console: fetched from npm at their pinned versions, and compared with what is here.

    python -m scripts.assets.vendor [--write]

`VERSIONS` beside the files pins each by package, version and SHA-256. A file that differs is a problem (status 1);
`--write` puts the published one in its place when it has the pinned hash. Needs `npm`.
"""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from scripts.command import CannotRunError, Script, finish, log
from scripts.repository import REPOSITORY

FOLDER = REPOSITORY / "anpr/console/static/vendor"
_NOT_PUBLISHED = "-"
_WITHIN_S = 120


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """One row of VERSIONS; `package` is `-` for a file that is no package's."""

    name: str
    package: str
    version: str
    licence: str
    """File with its licence's text, in the same folder."""
    sha256: str


def read_versions(folder: Path = FOLDER) -> list[Pinned]:
    """The rows of VERSIONS."""
    lines = (folder / "VERSIONS").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [
        Pinned(name=name, package=package, version=version, licence=licence.strip("()"), sha256=sha256)
        for name, package, version, _, licence, sha256 in rows
    ]


@click.command(cls=Script, help=__doc__)
@click.option("--write", is_flag=True)
def main(write: bool) -> None:
    """Compare, or put right."""
    npm = shutil.which("npm")
    if npm is None:
        raise CannotRunError("npm is not installed here")
    problems, compared = [], 0
    for pinned in read_versions():
        if pinned.package == _NOT_PUBLISHED:
            continue
        published = _published(npm, pinned)
        if hashlib.sha256(published).hexdigest() != pinned.sha256:
            problems.append(f"{pinned.name}: the published file has not the hash in VERSIONS")
            continue
        here = FOLDER / pinned.name
        if not here.is_file() or here.read_bytes() != published:
            if write:
                here.write_bytes(published)
                log(f"{pinned.name}: written")
            else:
                problems.append(f"{pinned.name}: differs from what {pinned.package} {pinned.version} has")
        compared += 1
    finish({"compared": compared}, problems)


def _published(npm: str, pinned: Pinned) -> bytes:
    """The file as its package has it, in the folder dist. Raises CannotRunError."""
    with tempfile.TemporaryDirectory() as folder:
        order = [npm, "pack", "--silent", f"{pinned.package}@{pinned.version}"]
        done = subprocess.run(order, cwd=folder, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            raise CannotRunError(f"npm pack {pinned.package}@{pinned.version}: {done.stderr.strip()[-500:]}")
        with tarfile.open(archives[0]) as archive:
            member = archive.extractfile(f"package/dist/{pinned.name}")
            if member is None:
                raise CannotRunError(f"{pinned.package} {pinned.version} has no file dist/{pinned.name}")
            return member.read()


if __name__ == "__main__":
    main()
