"""Store artifacts and documents: on disk, in memory, on S3, or anywhere that fsspec reaches."""

from __future__ import annotations

from laminar.configurations.datastores.accessor import Accessor
from laminar.configurations.datastores.address import is_name
from laminar.configurations.datastores.artifact import Artifact
from laminar.configurations.datastores.aws import AWS
from laminar.configurations.datastores.base import DataStore
from laminar.configurations.datastores.local import Local
from laminar.configurations.datastores.memory import Memory
from laminar.configurations.datastores.records import Record
from laminar.configurations.datastores.remote import Remote
from laminar.configurations.datastores.urls import open_store

__all__ = ["AWS", "Accessor", "Artifact", "DataStore", "Local", "Memory", "Record", "Remote", "is_name", "open_store"]
