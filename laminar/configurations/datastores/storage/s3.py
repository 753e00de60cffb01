"""Keep everything in Amazon S3, or in a store that speaks its protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from laminar.configurations.datastores.storage import s3_multipart
from laminar.configurations.datastores.storage.fsspec_store import Remote, is_empty
from laminar.configurations.datastores.storage.retrying_filesystem import retry
from laminar.exceptions import DatastoreError

if TYPE_CHECKING:
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["AWS"]

CONNECTIONS = 64
"""Requests that are under way together; boto's own limit of 10 makes the others wait."""

TIMEOUTS = {"connect_timeout": 5, "read_timeout": 15}
"""Seconds after which a server that does not answer is asked anew."""

COPIED = 5 << 30
"""Bytes up to which S3 copies a file by itself."""

COPYING = 5.0
"""Seconds for which S3 is asked for a copy before a file is rather sent anew."""


class AWS:
    """Hold the datastores of Amazon's cloud."""

    class S3(Remote):
        """Store in a bucket, or below a prefix of it: ``AWS.S3("s3://bucket/prefix")``.

        Credentials, region and endpoint come from where boto users keep them: the environment, a profile, a role. ``options``
        are s3fs' own. s3fs is imported at the first read or write.
        """

        whole = 0  # without a range s3fs asks how large a file is before it asks for the file

        def __init__(self, root: str, **options: Any) -> None:
            if not root.startswith("s3://"):
                raise DatastoreError(f"AWS.S3 takes an s3:// URL, not {root!r}.", fix="AWS.S3('s3://bucket/prefix')")
            super().__init__(root, **options)

        def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
            """Return the bytes of a file, or a range of them; those of a large file by several requests at a time."""
            if start or stop is not None or key in self._expected:
                return super().get(key, start, stop)
            files, path = self._files(key)
            with self._asking(f"read {self.root}/{key}"):
                try:
                    first: bytes = files.cat_file(path, start=0, end=s3_multipart.PART)
                except OSError as error:
                    if is_empty(error):
                        return b""
                    raise
                if len(first) < s3_multipart.PART:
                    return first
                return s3_multipart.download(files, path, first, files.info(path)["size"])

        def put(self, key: str, chunks: Sequence[Buffer]) -> None:
            """Write a file that is seen when it is complete; a large one in parts."""
            if not is_large(chunks):
                super().put(key, chunks)
                return
            files, path = self._files(key)
            with self._writing(f"{self.root}/{key}"):
                s3_multipart.upload(files, path, chunks)

        def put_many(self, files: Sequence[tuple[str, Sequence[Buffer]]]) -> None:
            """Write files at the same time; large ones one after another, as each has parts enough."""
            for key, chunks in files:
                if is_large(chunks):
                    self.put(key, chunks)
            if others := [(key, chunks) for key, chunks in files if not is_large(chunks)]:
                super().put_many(others)

        def _touch(self, key: str, size: int) -> bool:
            """Let S3 copy a file onto itself, which sends nothing; False where it can't, or not now."""
            if size > COPIED:
                return False
            files, path = self._files(key)
            bucket, name, _ = files.split_path(path)
            place = {"Bucket": bucket, "Key": name}
            try:
                # Onto itself it copies only what changes: to "replace" the metadata, by none, is a change.
                copy = {**place, "CopySource": place, "MetadataDirective": "REPLACE"}
                retry(lambda: files.files.call_s3("copy_object", **copy), files.url, COPYING)
            except Exception:  # gone meanwhile, or not to be copied: it is written, and that tells what is wrong
                return False
            return True

        def filesystem(self) -> Any:
            """Return s3fs' file system, whose requests, and boto's, are made once: trying again is `RetryingFilesystem`'s."""
            import os

            config = dict(self.options.get("config_kwargs") or {})
            if "retries" not in config and not {"AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"} & set(os.environ):
                config["retries"] = {"mode": "standard", "total_max_attempts": 1}
            files = self._open({"config_kwargs": {"max_pool_connections": CONNECTIONS, **TIMEOUTS, **config}})
            files.retries = 1
            return files


def is_large(chunks: Sequence[Buffer]) -> bool:
    """Say whether a file is sent in parts."""
    return sum(map(len, chunks)) >= s3_multipart.LARGE
