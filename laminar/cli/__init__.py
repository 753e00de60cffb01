"""Offer laminar on the command line: a file a command, each a short list of stages."""

from laminar.cli.main import main

__all__ = ["main"]
