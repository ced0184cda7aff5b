"""Figures: curves, grids of images, the steps to a label, the image browser."""
