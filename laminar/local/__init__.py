"""Run an execution on this machine: choose ready layers, start splits, retry them and display progress.

Nothing here is needed in a pod.
"""
