"""Encode values as content-addressed files and decode them.

Nothing here depends on executions, or on a particular storage.
"""
