"""Lengths, widths and areas of cracks, from masks."""
