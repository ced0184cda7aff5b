"""Input and output that knows nothing of cracks."""
