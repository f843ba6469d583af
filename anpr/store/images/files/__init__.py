# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shelves, the blob stores of images: the centre's disk or an S3-compatible store, both through fsspec."""

from anpr.store.images.files.base import Shelf, Stored
from anpr.store.images.files.local import LocalShelf
from anpr.store.images.files.open import open_shelf

__all__ = ["LocalShelf", "Shelf", "Stored", "open_shelf"]
