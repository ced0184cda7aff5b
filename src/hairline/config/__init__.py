"""Configuration: the parameter files, the values of an experiment, and where everything of it lies."""
