"""The parameter files that a person writes: how YAML is read, and which section stands in which file."""
