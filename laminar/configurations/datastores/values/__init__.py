"""Encode values as content-addressed files and decode them.

Nothing here knows executions, or a particular storage.
"""
