"""Test the datastore in a folder."""

from __future__ import annotations
