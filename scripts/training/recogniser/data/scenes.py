# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pseudo-labels: plates of labelled scenes on whose text two recognisers agree.

A detector's training images hold plates whose text nobody wrote down. Where two recognisers of different origin agree
on one, and both are sure, that text is taken. Texts of the validation crops are left out, wherever they stand.
"""

import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from anpr.capture.image_file import Image
from anpr.domain.grammar.rerank import weigh
from anpr.domain.read import Box
from anpr.reader.plates.crop import cut
from anpr.reader.recognise import Recogniser
from scripts.training.detector.folder import Folder, read_labels, read_picture
from scripts.training.recogniser.data.samples import Crop

LEAST_WIDTH_PX = 48
LEAST_SIGNS = 5
SURE = 0.8
"""The least probability that each of the two must give the text."""
BARRED_SOURCES = ("uc3m_",)
"""Images whose plates were made partly unreadable."""
LISTING = "scenes.csv"
_COLUMNS = ("file", "text", "lines")


@dataclass(frozen=True, kw_only=True)
class Judges:
    """Two recognisers, and the texts that must not be learnt."""

    first: Recogniser
    second: Recogniser
    barred: Collection[str]

    def agree(self, plate: Image) -> tuple[str, int] | None:
        """The text and its lines; None where the two differ or one is unsure."""
        readings = [judge.recognise(plate) for judge in (self.first, self.second)]
        best = [next(iter(weigh(reading.candidates)), None) for reading in readings]
        if best[0] is None or best[1] is None or readings[0].lines != readings[1].lines:
            return None
        text = best[0].text
        if text != best[1].text or min(one.probability for one in best if one) < SURE:
            return None
        return (text, readings[0].lines) if len(text) >= LEAST_SIGNS and text not in self.barred else None


def scene_crops(
    folder: Folder, work: Path, judges: Callable[[], Judges], tell: Callable[[str], None]
) -> tuple[Crop, ...]:
    """The crops on whose text both judges agree, cut from the training scenes once and kept in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    listing = work / LISTING
    if not listing.exists():
        rows = list(_read_all(folder, work, judges(), tell))
        fresh = listing.with_suffix(".part")
        with fresh.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(rows)
        fresh.rename(listing)
    with listing.open(newline="", encoding="utf-8") as file:
        return tuple(
            Crop(path=work / row["file"], text=row["text"], lines=int(row["lines"])) for row in csv.DictReader(file)
        )


def _read_all(
    folder: Folder, work: Path, judges: Judges, tell: Callable[[str], None]
) -> Iterator[tuple[str, str, int]]:
    seen = agreed = 0
    pictures = [picture for picture in folder.train if not picture.name.startswith(BARRED_SOURCES)]
    for number, picture in enumerate(pictures, start=1):
        image = read_picture(picture)
        boxes = read_labels(folder.labels / f"{picture.stem}.txt", image.shape[1], image.shape[0])
        for index, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
            if x2 - x1 < LEAST_WIDTH_PX:
                continue
            seen += 1
            plate = cut(image, Box(x=x1, y=y1, w=x2 - x1, h=y2 - y1))
            found = judges.agree(plate)
            if found is not None:
                agreed += 1
                name = f"{picture.stem}_{index}.png"
                cv2.imwrite(str(work / name), plate)
                yield (name, *found)
        if number % 500 == 0:
            tell(f"scenes: {number} of {len(pictures)}, {agreed} of {seen} plates agreed on")
