"""What the municipality says: its articles, and where in them a question is answered."""
