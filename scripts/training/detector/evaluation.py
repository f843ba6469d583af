# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evaluation of a detector on the validation images, with labels as delivered and as corrected by eye."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from anpr.reader.network.model_card import NetworkInput
from scripts.training.detector.folder import Folder
from scripts.training.detector.label_fixes import mend, read_changes
from scripts.training.detector.score import figures, look, with_labels


def examine(weights: Path, wanted: NetworkInput, folder: Folder) -> dict[str, dict[str, Any]]:
    """Run the ONNX file `weights` over the validation images of `folder`; figures by the name of the labels."""
    pictures = look(weights, wanted, folder.val, folder.labels)
    with tempfile.TemporaryDirectory() as out:
        mended = mend(replace(folder, train=()), read_changes(), Path(out))
        held_against_mended = with_labels(pictures, mended.val, mended.labels)
    return {"det_val": figures(pictures), "det_val_mended": figures(held_against_mended)}
