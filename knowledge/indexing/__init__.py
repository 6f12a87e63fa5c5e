"""What a municipality has published, cut up and kept so that it can be searched."""
