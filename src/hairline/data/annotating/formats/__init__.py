"""Formats of annotation tools, one module each: ``Writer``, ``read``, and what people are told of them."""
