"""Run an execution on this machine: choose ready layers, hand out splits, try again and display progress.

Nothing here is needed in a pod.
"""
