"""Which photos to correct first: by how far what is known of them is expected to be from their mask."""
