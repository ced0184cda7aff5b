"""Published layouts of crack data sets, one module each: ``Options`` and ``read(root, options)``."""
