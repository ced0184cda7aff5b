"""Images as arrays: reading and writing them, windows over them, smaller copies of them."""
