"""Where the bytes of pictures lie: the centre's disk or an S3-compatible store, both through fsspec."""

from anpr.store.shelf.base import Shelf, Stored
from anpr.store.shelf.local import LocalShelf
from anpr.store.shelf.open import open_shelf

__all__ = ["LocalShelf", "Shelf", "Stored", "open_shelf"]
