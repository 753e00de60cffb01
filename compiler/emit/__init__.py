"""Emit a plan as Argo documents: the only package that depends on their form.

Nothing here records a program, runs one, or reads a document back.
"""
