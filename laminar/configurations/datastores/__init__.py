"""Store artifacts and documents: on disk, in memory, on S3, or anywhere that fsspec reaches."""

from __future__ import annotations

from laminar.configurations.datastores.base import DataStore
from laminar.configurations.datastores.documents.record import Record
from laminar.configurations.datastores.storage.fsspec_store import Remote
from laminar.configurations.datastores.storage.local import Local
from laminar.configurations.datastores.storage.memory import Memory
from laminar.configurations.datastores.storage.open_url import open_store
from laminar.configurations.datastores.storage.s3 import AWS
from laminar.configurations.datastores.values.accessor import Accessor
from laminar.configurations.datastores.values.artifact import Artifact

__all__ = ["AWS", "Accessor", "Artifact", "DataStore", "Local", "Memory", "Record", "Remote", "open_store"]
