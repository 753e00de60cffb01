"""Emit a plan as Argo documents: the only room that knows Argo's shape.

Nothing here records a program, runs one, or reads a document back.
"""
