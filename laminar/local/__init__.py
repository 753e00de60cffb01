"""Run an execution on this machine: choose what is ready, hand out splits, try again and display progress.

Nothing here is needed in a pod.
"""
