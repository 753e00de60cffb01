"""Turn a recorded chain into a plan, in Python's terms, and report all errors of the program.

Nothing here depends on Argo's format.
"""
