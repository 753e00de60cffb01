"""Draw flows: their layers and dependencies, and, of a run, the state of each layer.

A picture is made from a flow or from a run's records alone. Nothing here executes a layer or imports the compiler.
"""
