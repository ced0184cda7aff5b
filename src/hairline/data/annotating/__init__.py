"""Masks out to annotation tools and back, without a pixel's loss: one module a format, and what they share.

A format module has ``Writer``, which writes the masks of images one by one, and ``read``, which gives the
annotated images of a file.
"""
