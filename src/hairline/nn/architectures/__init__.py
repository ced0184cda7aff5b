"""Segmentation networks, one module or folder each.

Each has ``Options`` (a :func:`hairline.io.options.checked_dataclass` without defaults), ``EXAMPLE`` (an instance that
is quick to build, with which the tests of every network run), ``backbone(options)`` (the classifiers that its encoder
can start from have this backbone), ``multiple_px(options)`` (what sides of images must be multiples of; it raises where
there is no such network) and
``build(options, weights)``. Importing one imports no torch: classes of networks lie in a file of their own in its
folder.
"""
