"""Keep the records of an execution: documents of splits, failure markers, offsets, and their removal.

Nothing here encodes a value or depends on a particular storage.
"""
