"""The Rasa project: what a turn means and what happens next."""
