"""What Rasa loads of ours: NLU components, the channel and the tracker store (Python 3.10)."""
