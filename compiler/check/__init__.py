"""Check a plan against the limits and formats of the target, and raise every problem at once.

Nothing here changes a plan.
"""
