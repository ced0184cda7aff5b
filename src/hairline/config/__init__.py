"""Parameters: schema, profiles, paths, checks of the whole."""
