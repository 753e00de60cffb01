"""Keep everything in Amazon S3, or in a store that speaks its protocol."""

from __future__ import annotations

from typing import Any

from laminar.configurations.datastores.remote import Remote
from laminar.exceptions import DatastoreError

__all__ = ["AWS"]


class AWS:
    """Hold the datastores of Amazon's cloud."""

    class S3(Remote):
        """Store in a bucket, or below a prefix of it: ``AWS.S3("s3://bucket/prefix")``.

        Credentials, region and endpoint come from where boto users keep them: the environment, a profile, a role. ``options``
        are s3fs' own. s3fs is imported at the first read or write.
        """

        def __init__(self, root: str, **options: Any) -> None:
            if not root.startswith("s3://"):
                raise DatastoreError(f"AWS.S3 takes an s3:// URL, not {root!r}.", fix="AWS.S3('s3://bucket/prefix')")
            super().__init__(root, **options)
