"""Declare the arguments and options that several commands share, a noun a file.

A module here declares options and turns what was given into one value. It executes no program while options are read.
"""
