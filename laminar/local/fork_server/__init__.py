"""Fork a process for each split and relay its output and its end.

Nothing here decides what runs next; the scheduler does.
"""
