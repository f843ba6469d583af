# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mended copy of a data folder, as a command."""

from pathlib import Path

from click.testing import CliRunner

from anpr.reader.evaluate.folders import load_images
from scripts.training.fix_labels import main
from tests.unit.scripts.training.detector.test_folder import write_folder


def test_the_copy_is_a_folder_as_before(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    manifest = "file,split,width,height\na.jpg,train,40,20\nb.jpg,val,40,20\n"
    data = write_folder(tmp_path / "data", manifest)
    changes = tmp_path / "changes.csv"
    changes.write_text("change,file,x,y,width,height\nadd,b.jpg,10,5,20,10\nadd,c.jpg,1,2,3,4\n", encoding="utf-8")

    made = CliRunner().invoke(
        main, [str(data), str(tmp_path / "out"), "--changes", str(changes)], catch_exceptions=False
    )

    assert made.output == f"1 labels added, 0 dropped, in 1 pictures: {tmp_path / 'out'}\n"
    (picture,) = load_images(tmp_path / "out")
    (plate,) = picture.plates
    assert (plate.box.x, plate.box.y, plate.box.w, plate.box.h) == (10, 5, 20, 10)


def test_a_folder_without_a_manifest_is_one_clear_error(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, [str(tmp_path), str(tmp_path / "out")])

    assert made.exit_code == 1
    assert "no manifest.csv" in made.output
