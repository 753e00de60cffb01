"""Fork a process for each split and relay its output and its end.

The scheduler decides which split runs next, not this package.
"""
