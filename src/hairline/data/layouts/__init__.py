"""Published layouts of crack data sets, one module each, found by its file name.

A module has ``Options`` (a :func:`hairline.io.options.checked_dataclass` without defaults) and ``read(root, options)``.
The tests of every layout take options from its entry in docs/data.md, or from an instance ``EXAMPLE`` in the module.
"""
