# SPDX-License-Identifier: AGPL-3.0-or-later
"""The benchmark's table and its section in the documentation."""

from pathlib import Path

from click.testing import CliRunner

from anpr.domain.read import Box
from anpr.reader.evaluate import LabelledImage, TruePlate, score
from anpr.reader.evaluate.score import Answer, Scores, judge
from scripts.benchmarks.reader.images import main, table, write_section


def scores() -> Scores:
    box = Box(x=0, y=0, w=100, h=25)
    plate = TruePlate(text="AB123CD", box=box, country="IT", subset="test", kind="crop", lines=1)
    picture = LabelledImage(path=Path("a.jpg"), plates=(plate,))
    return score([judge(picture, [Answer(text="AB123CD", box=box)], 12.0), judge(picture, [], 14.0)])


def test_table_gives_each_reader_a_row_with_intervals() -> None:
    lines = table({"ours": scores(), "theirs": scores()})

    assert lines[2] == ("| ours | all | 2 | 0.500 [0.09–0.91] | 0.500 [0.09–0.91] | 0.500 [0.09–0.91] | 0.000 | 13 |")
    assert sum(line.startswith("| theirs") for line in lines) == 1


def test_a_section_takes_the_place_of_its_last_version(tmp_path: Path) -> None:
    doc = tmp_path / "benchmarks.md"

    write_section(doc, "one", ["first run"])
    write_section(doc, "two", ["other folder"])
    write_section(doc, "one", ["second run"])

    text = doc.read_text()
    assert text.startswith("# Benchmarks\n")
    assert "first run" not in text
    assert text.count("second run") == text.count("other folder") == 1
    assert text.index("second run") < text.index("other folder")


def test_a_folder_without_truth_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path)])

    assert result.exit_code == 2
    assert "truth.csv: No such file" in result.output
    assert "Traceback" not in result.output
