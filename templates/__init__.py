"""Build Argo's blocks with pure functions, values in, one block out, and hold files that users apply or copy.

Nothing here imports anything else of laminar.
"""
