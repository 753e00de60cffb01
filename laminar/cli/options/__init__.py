"""Declare the arguments and options that several commands share, a noun a file.

A module here declares options and turns their values into one. It executes no program while options are read.
"""
