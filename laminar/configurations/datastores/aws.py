"""Keep everything in Amazon S3, or in a store that speaks its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laminar.configurations.datastores.remote import Remote, is_empty
from laminar.exceptions import DatastoreError

if TYPE_CHECKING:
    from laminar.configurations.datastores.format import Buffer

__all__ = ["AWS"]

PART = 16 << 20
"""Bytes of a large file that one request asks for."""

CONNECTIONS = 64
"""Requests that are under way together; boto's own limit of 10 makes the others wait."""


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
                    first: bytes = files.cat_file(path, start=0, end=PART)
                except OSError as error:
                    if is_empty(error):
                        return b""
                    raise
                if len(first) < PART:
                    return first
                rest = range(PART, files.info(path)["size"], PART)
                parts = files.cat_ranges([path] * len(rest), list(rest), [begin + PART for begin in rest], on_error="raise")
                return b"".join((first, *parts))

        def filesystem(self) -> Any:
            """Return s3fs' file system; requests are tried again by boto and by s3fs, which multiplies."""
            import os

            config = dict(self.options.get("config_kwargs") or {})
            if "retries" not in config and not {"AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"} & set(os.environ):
                config["retries"] = {"mode": "standard", "total_max_attempts": 4}
            return self._open({"config_kwargs": {"max_pool_connections": CONNECTIONS, **config}})
