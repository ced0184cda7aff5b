"""Work over many images, on this machine or on a cluster: the stages hand it out here and know neither."""
