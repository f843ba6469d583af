# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evaluate` on a folder of drawn pictures."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anpr.cli import main
from tests.support.loaded_once import loaded_once
from tests.support.streets import write_street

HEADER = "file,plate,x,y,w,h,country,subset,kind,lines"


@pytest.fixture(scope="module", autouse=True)
def one_reader_for_equal_settings() -> Iterator[None]:
    """The models are loaded once for the module, not once for each call of the command."""
    with loaded_once("anpr.cli.verbs.evaluate.build_plate_reader"):
        yield


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two streets: the truth of the first is right, that of the second is another plate than the one drawn."""
    rows = [HEADER]
    for name, drawn, told in (("a.png", "GB456MN", "GB456MN"), ("b.png", "FK123LT", "FK128LT")):
        street = write_street(tmp_path / "images" / name, drawn)
        rows.append(f"{name},{told},{street.x},{street.y},{street.w},{street.h},IT,drawn,scene,1")
    (tmp_path / "truth.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_scores_as_json(folder: Path) -> None:
    result = run(folder, "--json")

    assert result.exit_code == 0, result.output
    fields = json.loads(result.stdout)
    assert fields["pictures"] == 2
    assert fields["total"]["found"]["count"] == 2
    assert fields["total"]["strict"]["count"] == 1
    assert fields["false_reads"] == 0
    assert fields["ms_median"] > 0


def test_scores_as_a_table_and_the_misses(folder: Path) -> None:
    result = run(folder, "--misses")

    assert "0.500 [0.09-0.91]" in result.stdout
    assert result.stderr.strip() == "b.png: FK128LT read as FK123LT"


def test_a_picture_that_cannot_be_read_counts_as_missed_and_is_an_error(folder: Path) -> None:
    (folder / "images" / "b.png").write_bytes(b"broken")

    result = run(folder, "--json")

    assert result.exit_code == 1
    assert "b.png: not a picture" in result.stderr
    fields = json.loads(result.stdout)
    assert fields["unreadable"] == 1
    assert fields["total"]["plates"] == 2
    assert fields["total"]["found"]["count"] == 1


@pytest.mark.parametrize(
    "content", [None, "file,text\n", HEADER + "\n", HEADER + "\nnone.png,AB123CD,0,0,1,1,IT,x,crop,1\n"]
)
def test_wrong_input_is_one_line(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "truth.csv").write_text(content)

    result = run(tmp_path)

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "truth.csv" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
