"""Training: data, loop, checkpoints, optimizers; shared by classifier and segmenters."""
