"""Where the bytes of pictures lie: the centre's disk or an S3-compatible store, both through fsspec."""

from anpr.store.shelf.base import Shelf, Stored
from anpr.store.shelf.local import LocalShelf

__all__ = ["LocalShelf", "Shelf", "Stored"]
