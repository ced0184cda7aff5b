"""What the files of a network are called, for those who do not load torch."""

WEIGHTS_FILE = "weights.safetensors"
INFO_FILE = "model.json"
HASH = "weights_sha256"
"""Where model.json tells the hash of the weights beside it."""
