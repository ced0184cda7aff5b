"""Ways to make pseudo-labels, one module each: ``Options`` and ``label(image, evidence, options, tell)``."""
