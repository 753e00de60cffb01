"""Define the command line: one file a command, each a short list of stages.

What several commands share is in `options` and in nouns of their own (`compilation`, `stored_execution`). No command computes what
another room can return.
"""

from laminar.cli.main import main

__all__ = ["main"]
