"""Draw flows: their layers, what each reads, and, of a run, how each ended.

A picture is made of a flow or of a run's records alone. Nothing here executes a layer or imports the compiler.
"""
