"""The patch classifier: backbones, evidence, training, serving."""
