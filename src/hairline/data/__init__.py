"""Data: samples, splits, patches, training sets and the layouts they are published in."""
