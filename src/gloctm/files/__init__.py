"""Files and folders written all or nothing, and their manifests."""
