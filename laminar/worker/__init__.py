"""Run one split of one layer, in a pod as in a local process.

Nothing here decides which split runs next; `laminar.local` or Argo does.
"""

from __future__ import annotations

from laminar.worker.job import Job

__all__ = ["Job"]
