# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deletes what an acceptance test keeps of people: its images, or all but the sheet."""

import shutil
from pathlib import Path

from anpr.accept.folder.files import explained
from anpr.accept.folder.session import IMAGES
from anpr.accept.folder.workspace import Workspace


def delete_images(workspace: Workspace) -> int:
    """Delete every image and the contact page; returns how many images. Transits, count and sheet stay.

    Raises InputError.
    """
    images = [path for path in workspace.sessions_path.glob(f"*/{IMAGES}/*") if path.is_file()]
    _unlink(*images, workspace.contact_path)
    return len(images)


def delete_all(workspace: Workspace) -> int:
    """Delete images, transits, motion events and the count; returns how many files. Only the sheet stays.

    Raises InputError.
    """
    files = sum(path.is_file() for path in workspace.sessions_path.rglob("*"))
    with explained(workspace.sessions_path):
        if workspace.sessions_path.exists():
            shutil.rmtree(workspace.sessions_path)
    _unlink(workspace.contact_path, workspace.count_path)
    return files


def _unlink(*paths: Path) -> None:
    for path in paths:
        with explained(path):
            path.unlink(missing_ok=True)
