"""The parameter files that a person writes: how YAML is read and written, and which section stands in which file."""
