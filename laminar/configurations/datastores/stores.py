"""Define the stores that users name: DataStore on each kind of storage."""

from __future__ import annotations

from laminar.configurations.datastores.base import DataStore
from laminar.configurations.datastores.storage.fsspec_storage import FsspecStorage
from laminar.configurations.datastores.storage.local import LocalStorage
from laminar.configurations.datastores.storage.memory import MemoryStorage
from laminar.configurations.datastores.storage.s3 import S3Storage

__all__ = ["AWS", "Local", "Memory", "Remote"]


class Local(LocalStorage, DataStore):
    """Store in a folder, which is created with its own ``.gitignore`` at the first write.

    A write goes to a temporary file in ``tmp/`` and is then renamed, so that others see all of it or nothing. ``durable=True``
    also makes the disk write it before the rename, which a power failure requires and which takes much longer.
    Raises DatastoreError at the first write where the folder cannot be written to.
    """


class Memory(MemoryStorage, DataStore):
    """Store in memory: as bytes, like any other store, so that a value that is read is never the object that was written.

    Other processes cannot see it; sending one to another process is a DatastoreError.
    """


class Remote(FsspecStorage, DataStore):
    """Store at a URL such as ``gs://bucket/prefix``, through fsspec and its package for that kind of URL.

    ``options`` are passed to fsspec unchanged. They are never shown or stored; leave credentials to the environment.
    """


class AWS:
    """Hold the datastores of Amazon's cloud."""

    class S3(S3Storage, Remote):
        """Store in a bucket, or below a prefix of it: ``AWS.S3("s3://bucket/prefix")``.

        Credentials, region and endpoint come from where boto users keep them: the environment, a profile, a role. ``options``
        are those of s3fs. s3fs is imported at the first read or write.
        """
