"""Rewrite plans: one pass a file, each a pure function from a plan to a plan."""
