"""Keep what an execution leaves besides values: documents of splits, failure markers, indexes and their removal.

Nothing here encodes a value or talks to a particular storage.
"""
