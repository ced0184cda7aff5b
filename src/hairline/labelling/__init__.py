"""Labelling: from the evidence of a classifier to pseudo-labels."""
