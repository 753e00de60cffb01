"""Define the command line: one file a command, each a short list of stages.

Code that several commands share is in `options` and in modules named by nouns (`compilation`, `stored_execution`). No command
computes a result that another package can return.
"""

from laminar.cli.main import main

__all__ = ["main"]
