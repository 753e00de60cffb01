"""Write pages about executions: what ran, for how long, what failed and why, what it left. From a datastore alone.

`laminar.history` reads the runs, `laminar.pictures` draws flows. Nothing here executes a program or a layer.
"""
