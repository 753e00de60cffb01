"""Execute a user's program, record its flows, and transport its code.

Nothing here knows a datastore, a layer's work or a scheduler.
"""
