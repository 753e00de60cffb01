"""Keep what an execution leaves besides values: documents of splits, failure markers, offsets, and their removal.

Nothing here encodes a value or knows a particular storage.
"""
