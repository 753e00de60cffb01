"""Run one split of one layer, in a pod as in a local process.

Nothing here decides what runs next; that is `laminar.local` or Argo.
"""

from __future__ import annotations

from laminar.worker.job import Job

__all__ = ["Job"]
