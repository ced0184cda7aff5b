"""Workspaces of people's own, outside the repository: made from photos, and brought to newer versions."""
