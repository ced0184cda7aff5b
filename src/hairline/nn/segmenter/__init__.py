"""Segmentation networks: parts, losses, training, serving."""
