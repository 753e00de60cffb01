"""Store artifacts and documents: on disk, in memory, on S3, or anywhere that fsspec reaches.

Levels, from the lowest: definitions (byte_storage, key_layout, background_call); ``values`` and ``storage``, which do not
import each other; ``documents``; ``base``; stores and open_url. Flows, layers and executions are only names here.
"""

from __future__ import annotations

from laminar.configurations.datastores.base import DataStore
from laminar.configurations.datastores.documents.record import Record
from laminar.configurations.datastores.open_url import open_like, open_store
from laminar.configurations.datastores.stores import AWS, Local, Memory, Remote
from laminar.configurations.datastores.values.accessor import Accessor
from laminar.configurations.datastores.values.artifact import Artifact

__all__ = ["AWS", "Accessor", "Artifact", "DataStore", "Local", "Memory", "Record", "Remote", "open_like", "open_store"]
