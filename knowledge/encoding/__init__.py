"""From texts to vectors: the encoder and what runs it."""
