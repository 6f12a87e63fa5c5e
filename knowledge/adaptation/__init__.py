"""Adapting the encoder to residents' questions: the written pages, the training, its result."""
