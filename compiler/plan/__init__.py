"""Turn a recorded chain into a plan, in Python's terms, and report everything that can be wrong with the program.

Nothing here knows how Argo writes it.
"""
