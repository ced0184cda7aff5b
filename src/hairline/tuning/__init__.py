"""Searching for the best options: the only optuna."""
