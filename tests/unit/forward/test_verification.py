# SPDX-License-Identifier: AGPL-3.0-or-later
"""A signed report is verified anywhere: what was changed is named, and what is no report is refused."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from anpr.cli.main import main
from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError
from anpr.forward.completeness.making import SIGNED_AS
from anpr.forward.signed_files import MANIFEST, SIGNATURE
from anpr.forward.verification import MAX_FILE, verify_report

KEY = SigningKey.generate()
REPORTS = ("report.html", "report.pdf", "report.csv")


def report_parts(**changes: object) -> dict[str, bytes]:
    """The files of a report, signed."""
    parts = {name: f"content of {name}".encode() for name in REPORTS}
    told = {
        "anpr_completeness": 1, "organisation": "manager", "day": "2026-11-21", "revision": 2, "verdict": "open",
        "made_at": "2026-11-22T05:30:00+00:00", "public_key": KEY.public.text,
        "files": {name: sha256(data).hexdigest() for name, data in parts.items()},
    }  # fmt: skip
    manifest = json.dumps({**told, **changes}).encode()
    return {**parts, MANIFEST: manifest, SIGNATURE: KEY.sign_bytes(SIGNED_AS + manifest).hex().encode() + b"\n"}


def zipped(folder: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "report.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return folder / "report.zip"


def test_a_report_as_it_was_signed_has_no_fault(tmp_path: Path) -> None:
    found = verify_report(zipped(tmp_path, report_parts()), KEY.public)
    assert (found.kind, found.about, found.verdict) == ("completeness", "manager 2026-11-21 revision 2", "open")
    assert (found.public_key, found.faults) == (KEY.public, ())


@pytest.mark.parametrize("name", [*REPORTS, MANIFEST, SIGNATURE])
def test_each_file_that_was_changed_is_named(tmp_path: Path, name: str) -> None:
    parts = report_parts()
    parts[name] = parts[name].replace(b"open", b"good") if name == MANIFEST else b"00" * 64
    (fault,) = verify_report(zipped(tmp_path, parts)).faults
    assert fault.startswith(MANIFEST if name == SIGNATURE else name)


def test_another_key_and_a_file_that_only_the_manifest_has_are_told(tmp_path: Path) -> None:
    path = zipped(tmp_path, report_parts())
    assert "another key" in verify_report(path, SigningKey.generate().public).faults[0]
    names = {name: sha256(data).hexdigest() for name, data in report_parts().items() if name in REPORTS}
    path = zipped(tmp_path, report_parts(files={**names, "annex.pdf": "00"}))
    assert verify_report(path).faults == ("annex.pdf: missing",)


def test_a_file_that_was_added_is_told(tmp_path: Path) -> None:
    path = zipped(tmp_path, {**report_parts(), "more\x1b.txt": b""})
    assert verify_report(path).faults == ("'more\\x1b.txt': was not signed",)


@pytest.mark.parametrize(
    "changes",
    [
        {"public_key": "ed25519:short"}, {"files": None}, {"revision": "x"}, {"verdict": "open\x1b[2J"}, {"day": 7},
        {"anpr_completeness": 2}, {"files": {"../report.csv": ""}}, {"organisation": "x" * 300},
    ],
    ids=lambda changes: "-".join(f"{key}-{value}"[:30] for key, value in changes.items()),
)  # fmt: skip
def test_a_manifest_of_another_form_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        verify_report(zipped(tmp_path, report_parts(**changes)))


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no ZIP")
    with pytest.raises(InputError, match="no signed report"):
        verify_report(tmp_path / "text")
    with pytest.raises(InputError, match="has the files"):
        verify_report(zipped(tmp_path, {MANIFEST: b"{}"}))
    with pytest.raises(InputError, match=r"report\.csv: larger"):
        verify_report(zipped(tmp_path, {**report_parts(), "report.csv": bytes(MAX_FILE + 1)}))
    with pytest.raises(InputError, match=r"manifest\.json"):
        verify_report(zipped(tmp_path, {**report_parts(), MANIFEST: b"[" * 100_000}))


def test_the_verb_needs_no_settings_and_reads_files_that_lie_beside_their_manifest(tmp_path: Path) -> None:
    for name, data in report_parts().items():
        (tmp_path / f"completeness-manager-2026-11-21-2.{name.removeprefix('report.')}").write_bytes(data)
        (tmp_path / name).write_bytes(data)  # as a ZIP that was unpacked
    for path in (tmp_path / "completeness-manager-2026-11-21-2.manifest.json", tmp_path / MANIFEST):
        result = CliRunner().invoke(main, ["forward", "verify", str(path)])
        assert result.exit_code == 0, result.output
        assert f"signed by {KEY.public.text}" in result.output
    (tmp_path / "report.csv").write_bytes(b"other")
    result = CliRunner().invoke(main, ["forward", "verify", str(tmp_path / MANIFEST)])
    assert result.exit_code == 1
    assert "report.csv: not as it was signed" in result.stderr
