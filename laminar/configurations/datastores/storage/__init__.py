"""Move bytes to and from one kind of storage: disk, memory, S3, any fsspec URL.

Nothing here interprets the bytes.
"""
