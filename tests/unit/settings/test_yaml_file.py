# SPDX-License-Identifier: AGPL-3.0-or-later
"""Configuration files: a key written twice is refused, and errors name the key as it is written in the file."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from anpr.domain.errors import SettingsError
from anpr.settings import load_settings
from anpr.settings.complaints import explain, in_one_line
from anpr.settings.yaml_file import read_yaml


def write(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("console: {port: 1}\nconsole: {port: 2}\n", "line 2: key 'console' is there twice"),
        ("console:\n  port: 1\n  host: a\n  port: 2\n", "line 4: key 'port' is there twice"),
        ("gates:\n  - {id: a, 'id': b}\n", "line 2: key 'id' is there twice"),
    ],
)
def test_a_key_written_twice_is_refused_with_file_line_and_key(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    for read in (read_yaml, lambda file: load_settings(file, {})):
        with pytest.raises(SettingsError) as caught:
            read(path)
        assert str(caught.value) == f"{path}, {told}"


def test_a_merged_key_may_be_overridden(tmp_path: Path) -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, y: 4}\n"
    assert read_yaml(write(tmp_path, text)) == {
        "a": {"x": "1", "y": "2"},
        "b": {"x": "3", "y": "2"},
        "c": {"x": "3", "y": "4"},
    }


def test_an_empty_file_has_no_keys(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "# nothing yet\n")) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- 1\n", ": expected keys and values at the top, found a list"),
        ("a: [\n", ", line 2: "),
        ("a: !!python/none\n", ", line 1: a value that begins with ! is a tag"),
        ("a: 123456\n", ": has more than 8 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_yaml(path, max_bytes=8 if "123456" in text else None)
    assert f"{path}{told}" in str(caught.value)


class _Near(BaseModel):
    kind: Literal["near"]
    steps: int


class _Far(BaseModel):
    kind: Literal["far"]
    metres: float


class _Site(BaseModel, extra="forbid"):
    places: tuple[Annotated[_Near | _Far, Field(discriminator="kind")], ...] = ()


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({"places": [{"kind": "near", "steps": 1}, {"kind": "far", "metres": "x"}]}, "places.1.metres: "),
        ({"places": [{"kind": "far"}]}, "places.0.metres: is needed"),
        ({"places": [{"kind": "between"}]}, "places.0: "),
        ({"place": 1, "places": 2}, "places: expected a list, each of its entries after a dash (and 1 more)"),
        ({"place": 1}, "place: no such key"),
    ],
)
def test_an_error_names_the_key_as_it_is_written(tree: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Site.model_validate(tree)
    assert in_one_line(explain(caught.value, tree)).startswith(told)


@pytest.mark.parametrize(
    "written", ["22:30", "1:30", "yes", "no", "on", "010000", "007", "0", "1_000", "0x1F", "1e3", ".inf", "2026-11-28"]
)
def test_a_plain_word_stays_as_it_is_written(tmp_path: Path, written: str) -> None:
    assert read_yaml(write(tmp_path, f"a: {written}\n")) == {"a": written}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("*SEGRETO", "line 2: a value that begins with * "),
        ("!SEGRETO", "line 2: a value that begins with ! "),
        ("!!bool yes", "line 2: a value that begins with ! "),
        ("rtsp://u:12 #SEGRETO@h/x", "line 2: a blank and # begin a comment"),
        ("rtsp://u:12 # SEGRETO@h/x", "line 2: a blank and # begin a comment"),
    ],
)
def test_what_is_more_than_a_word_to_yaml_is_refused_and_not_shown(tmp_path: Path, written: str, told: str) -> None:
    path = write(tmp_path, f"a:\n  b: {written}\n")
    with pytest.raises(SettingsError) as caught:
        read_yaml(path)
    assert told in str(caught.value)
    assert "SEGRETO" not in str(caught.value)


@pytest.mark.parametrize(
    "written",
    ["rtsp://h/x # ask mario@comune.it", "rtsp://h:554/x # a comment", '"rtsp://u:1 #2@h"', "a #b@c"],
)
def test_a_comment_behind_a_whole_address_is_one(tmp_path: Path, written: str) -> None:
    assert set(read_yaml(write(tmp_path, f"a: {written}\n"))) == {"a"}


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "a:\nb: ~\nc: null\nd: ''\n")) == {"a": None, "b": None, "c": None, "d": ""}


def test_with_numbers_only_what_json_calls_one_is_one(tmp_path: Path) -> None:
    text = "a: 5\nb: -0.5\nc: true\nd: 007\ne: yes\nf: 22:30\ng: 1_0\nh: '5'\ni: 2026-11-28\n"
    assert read_yaml(write(tmp_path, text), numbers=True) == {
        "a": 5, "b": -0.5, "c": True, "d": "007", "e": "yes", "f": "22:30", "g": "1_0", "h": "5", "i": "2026-11-28",
    }  # fmt: skip
