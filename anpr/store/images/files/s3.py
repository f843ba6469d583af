# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shelf in an S3-compatible store. Needs the extra `s3`; nobody else imports that."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.fsspec import FsspecStore
from obstore.store import S3Store

from anpr.domain.errors import StoreError
from anpr.store.images.files.base import Shelf, Stored

THREADS = 16
"""Requests under way at the same time: each waits for round trips, and such a store serves many."""

_PAGE = 1000
_TIMES: dict[str, Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=20)}
_RETRIES: dict[str, Any] = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
_ATTRIBUTES = {"Content-Type": "image/jpeg"}


class S3Shelf(Shelf):
    """Objects below `prefix` of one bucket. A put is whole or not at all, and the server checks its SHA-256.

    `config` is what object_store takes (endpoint, region, keys …), `client` its HTTP client's; what is missing comes
    from the environment (AWS_ACCESS_KEY_ID …), or from the role that the machine has. `conditional`: the server knows
    If-None-Match, so that of two writers at the same moment the first one's image stays.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str,
        *,
        config: Mapping[str, Any] | None = None,
        client: Mapping[str, Any] | None = None,
        conditional: bool = True,
    ) -> None:
        options: dict[str, Any] = {
            "config": {"checksum_algorithm": "SHA256", **(config or {})},
            "client_options": {**_TIMES, **(client or {})},
            "retry_config": _RETRIES,
        }
        super().__init__(_file_system(**options), f"{bucket}/{prefix}")
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._store = S3Store(bucket, **options)
        self._mode: Any = "create" if conditional else "overwrite"

    def put_all(self, files: Mapping[str, bytes]) -> set[str]:
        if not files:
            return set()
        with ThreadPoolExecutor(min(THREADS, len(files)), thread_name_prefix="images") as threads:
            are_there = threads.map(self._put, files.keys(), files.values())
            return {key for key, is_there in zip(files, are_there, strict=True) if not is_there}

    def drop_day(self, day: date) -> None:
        folder = f"{self._prefix}{day.isoformat()}"
        with self.failing("images in", folder):
            for page in obstore.list(self._store, folder, chunk_size=_PAGE):
                obstore.delete(self._store, [entry["path"] for entry in page])

    def put_file(self, key: str, path: Path) -> None:
        with self.failing("file", key):
            obstore.put(self._store, self._prefix + key, path, mode="overwrite")

    def chunks(self, key: str, size: int = 1 << 20) -> Iterator[bytes]:
        with self.failing("file", key):
            for chunk in obstore.get(self._store, self._prefix + key).stream(min_chunk_size=size):
                yield bytes(chunk)

    def listed(self, folder: str) -> Iterator[Stored]:
        # Not by fsspec: its entries of such a store lack the time, by which young orphans are told from old ones.
        with self.failing("images in", folder):
            for page in obstore.list(self._store, self._prefix + folder, chunk_size=_PAGE):
                for entry in page:
                    key = entry["path"].removeprefix(self._prefix)
                    yield Stored(key=key, size=entry["size"], modified=entry["last_modified"])

    @contextmanager
    def failing(self, what: str, key: str) -> Iterator[None]:
        try:
            with super().failing(what, key):
                yield
        except BaseError as exc:
            raise StoreError(f"{what} {key} in bucket {self._bucket}: {_one_line(exc)}") from exc

    def read(self, key: str) -> bytes | None:
        with self.failing("image", key):
            return self._read(key)

    def _put(self, key: str, data: bytes) -> bool:
        """Whether `data` is what lies there now. Asked first: a server may not know, and ignore, the condition."""
        with self.failing("image", key):
            there = self._read(key)
            if there is None:
                try:
                    obstore.put(self._store, self._prefix + key, data, mode=self._mode, attributes=dict(_ATTRIBUTES))
                except AlreadyExistsError:  # by another writer just now, or by our own try whose answer was lost
                    there = self._read(key)
                else:
                    return True
            return there == data

    def _read(self, key: str) -> bytes | None:
        try:
            data: bytes = self._fs.cat_file(self._at(key))
        except FileNotFoundError as exc:
            if "NoSuchBucket" in str(exc):  # nothing was ever found there: not the same as an image that is missing
                raise StoreError(f"there is no bucket {self._bucket}") from exc
            return None
        return data


def _file_system(**options: Any) -> FsspecStore:
    # Not one that fsspec remembers by its arguments: the keys are among them.
    options["skip_instance_cache"] = True
    return FsspecStore("s3", **options)


def _one_line(exc: BaseError) -> str:
    return str(exc).partition("\n\nDebug source")[0].replace("\n", " ")[:300]
