"""Keep bytes in Amazon S3, or in a storage that speaks its protocol.

S3 is strongly consistent: after a successful PUT or DELETE each read and listing reflects it (Amazon S3 User Guide, "Amazon S3 data
consistency model").
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.storage import s3_multipart
from laminar.configurations.datastores.storage.fsspec_answers import is_empty_file
from laminar.configurations.datastores.storage.fsspec_storage import FsspecStorage
from laminar.configurations.datastores.storage.retrying_filesystem import retry
from laminar.exceptions import DatastoreError

__all__ = ["S3Storage"]

CONNECTIONS = 64
"""Connections at the same time; with botocore's default of 10 the other requests wait (botocore 1.43, MAX_POOL_CONNECTIONS)."""

TIMEOUTS = {"connect_timeout": 5, "read_timeout": 15}
"""Seconds after which a request without response is retried; botocore's defaults are 60 (botocore 1.43, config.py)."""

MAX_COPY = 5 << 30
"""Bytes up to which S3 copies a file by one request (Amazon S3 API reference, CopyObject)."""

COPY_SECONDS = 5.0
"""Seconds for which a copy is retried before the file is sent again."""


class S3Storage(FsspecStorage):
    """Keep bytes in a bucket, or below a prefix of it, through s3fs."""

    whole_from = 0  # without a range s3fs requests the size of a file before the file (s3fs 2026.9, core.py: _cat_file)

    def __init__(self, root: str, **options: Any) -> None:
        if not isinstance(root, str) or not root.startswith("s3://"):
            shown = repr(root) if isinstance(root, str) else f"a {type(root).__name__}"
            raise DatastoreError(f"AWS.S3 expects an s3:// URL, not {shown}.", fix="AWS.S3('s3://bucket/prefix')")
        super().__init__(root, **options)

    def _get_whole(self, key: str) -> Buffer:
        """Return the bytes of a file; those of a large file by several requests at a time."""
        files, path = self._files(key)
        with self._explaining(f"read {self.root}/{key}"):
            try:
                first: bytes = files.cat_file(path, start=0, end=s3_multipart.PART)
            except OSError as error:
                if is_empty_file(error):
                    return b""
                raise
            if len(first) < s3_multipart.PART:
                return first
            return s3_multipart.download(files, path, first, files.info(path)["size"])

    def _write(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Write a file that others see when it is complete; a large one in parts."""
        if not is_large(chunks):
            super()._write(key, chunks)
            return
        files, path = self._files(key)
        with self._writing(f"{self.root}/{key}"):
            s3_multipart.upload(files, path, chunks)

    def put_many(self, files: Sequence[tuple[str, Sequence[Buffer]]]) -> None:
        """Write files at the same time; large ones one after another, as each has many parts."""
        for key, chunks in files:
            if is_large(chunks):
                self.put(key, chunks)
        if others := [(key, chunks) for key, chunks in files if not is_large(chunks)]:
            super().put_many(others)

    def _touch(self, key: str, size: int) -> bool:
        """Have S3 copy a file onto itself, which transfers nothing; False where it cannot, or not now."""
        if size > MAX_COPY:
            return False
        files, path = self._files(key)
        bucket, name, _ = files.split_path(path)
        place = {"Bucket": bucket, "Key": name}
        try:
            # S3 rejects a copy onto itself that changes nothing; replacing the metadata is a change (API reference, CopyObject).
            copy = {**place, "CopySource": place, "MetadataDirective": "REPLACE"}
            retry(lambda: files.files.call_s3("copy_object", **copy), files.url, COPY_SECONDS)
        except Exception:  # removed meanwhile, or not permitted: the file is written, and the write reports the error
            return False
        return True

    def filesystem(self) -> Any:
        """Return the file system of s3fs without its own and botocore's retries: RetryingFilesystem makes them."""
        config = dict(self.options.get("config_kwargs") or {})
        if "retries" not in config and not {"AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"} & set(os.environ):
            config["retries"] = {"mode": "standard", "total_max_attempts": 1}
        files = self._open({"config_kwargs": {"max_pool_connections": CONNECTIONS, **TIMEOUTS, **config}})
        files.retries = 1
        return files


def is_large(chunks: Sequence[Buffer]) -> bool:
    """Return whether a file is sent in parts."""
    return sum(map(len, chunks)) >= s3_multipart.LARGE
