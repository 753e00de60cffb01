"""Write pages about executions, from a datastore alone: layers, times, failures with their causes, artifacts.

`laminar.history` reads the runs, `laminar.pictures` draws flows. Nothing here executes a program or a layer.
"""
