"""Execute a user's program, record its flows, and transport its code.

Nothing here depends on datastores, on the work of layers or on a scheduler.
"""
