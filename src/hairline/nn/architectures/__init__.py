"""Segmentation networks, one module each: ``Options`` and ``build(options)``."""
