"""Files and folders: reading, atomic writing, hashing, resuming, plugins."""
